"""The rows that a version was trained on and judged by, as they are kept of its run: typed, and masked where asked."""

from pathlib import Path

from components.registry.versions import Version
from configs.errors import MillraceError
from configs.home import Home
from pipelines.runs.outcomes import read_outcomes
from pipelines.runs.run import Run
from pipelines.storage import sync
from trainer.training.split_files import COLUMNS

GONE = "Run the pipeline again with --no-cache; storage.keep.artifacts says how many runs keep theirs."


def find_rows(home: Home, version: Version, split: str) -> list[Path]:
    """Returns the Parquet files of a split of a version's run; raises MillraceError where they are gone."""
    run = Run(home, version.manifest["run"])
    sync.fetch_files(home, run.outcomes)
    made = read_outcomes(run).get("ExampleGen")
    uri = next(iter(made.outputs.get("examples", ())), None) if made else None
    files = sorted(sync.fetch_artifact(home, uri).glob(f"{COLUMNS}{split}/*.parquet")) if uri else []
    if not files:
        raise MillraceError(f"The rows that version {version.number} was trained on are gone.", str(run.folder), GONE)
    return files
