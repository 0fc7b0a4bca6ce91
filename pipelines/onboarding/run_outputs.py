"""What a run left that the user may look at: known without TensorFlow, so that its absence is told at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from components.registry.versions import in_service
from components.schemas.places import FILE, IN_VERSION
from configs.errors import ConfigError, MillraceError
from configs.home import Home
from configs.schema.config import Config
from pipelines.runs.directory import find_record, read_records
from pipelines.storage import sync


def locate_schema(config: Config, run_id: str | None = None) -> tuple[Path, str]:
    """Returns the file of the schema that the next run starts from, or that a run had, and where it comes from."""
    if run_id is None and config.data.schema_file:
        return Path(config.data.schema_file), f"curated in {config.data.schema_file}"
    if run_id is None and (version := in_service(config.home)):
        return version.path / IN_VERSION, f"of version {version.number}"
    run_id, folder = find_output(config.home, "SchemaGen", run_id)
    return folder / FILE, f"of run {run_id}"


def locate_statistics(config: Config, run_id: str | None = None) -> tuple[Path, str]:
    """Returns the folder of the statistics of the newest run that came so far, or of the run named, and its id."""
    run_id, folder = find_output(config.home, "StatisticsGen", run_id)
    return folder, run_id


def find_output(home: Home, node: str, run_id: str | None = None) -> tuple[str, Path]:
    """Returns the newest run in which the node left something, or the one named, and the folder that it left."""
    for record in [find_record(home, run_id)] if run_id else read_records(home):
        outputs: Mapping[str, Sequence[str]] = next((n["outputs"] for n in record["nodes"] if n["node"] == node), {})
        for folders in outputs.values():
            folder = sync.fetch_artifact(home, folders[0])
            if not folder.exists():
                raise MillraceError(f"what {node} left in run {record['run']} is gone", folders[0], "Run it again.")
            return record["run"], folder
    what = f"run {run_id} did not come to {node}" if run_id else f"no run has come to {node} yet"
    raise ConfigError(what, str(home.runs), "Run the pipeline first: millrace run CONFIG.")
