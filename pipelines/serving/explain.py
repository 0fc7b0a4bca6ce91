"""Why a version answers one row as it does: what each feature adds, against rows that it was trained on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from components.explanation.shapley import Contributions, contribute
from components.patches.stderr import silence
from components.readers.row_batch import choose_columns
from components.registry.versions import Version
from components.scoring.scorer import Scorer
from configs.home import Home
from configs.schema.config import Config
from configs.schema.label import Label
from pipelines.serving.batch_predict import choose_version, parse_row, type_row
from pipelines.serving.kept_rows import find_rows

BACKGROUND = 100  # rows
SEED = 0
BASE = "of training rows"


@dataclass(frozen=True)
class Explained:
    """One row's answer: which score or number it is, of which version, and what each feature adds to it."""

    version: int
    of: str
    contributions: Contributions

    def as_data(self) -> dict[str, object]:
        """Returns it as JSON holds it, the feature that adds or takes most first."""
        found = self.contributions
        return {
            "version": self.version,
            "of": self.of,
            "answer": found.answer,
            "base": found.base,
            "features": dict(sorted(found.features.items(), key=lambda item: -abs(item[1]))),
        }


def explain_row(home: Home, text: str, number: int | None = None) -> Explained:
    """Returns why the version in service, or that of this number, answers a row of JSON as it does.

    Raises ConfigError, DataRejected, MillraceError where the rows that it was trained on are gone.
    """
    parsed = parse_row(text)
    version, config = choose_version(home, number)
    row = type_row(parsed, config)
    background = read_background(home, version, config)
    with silence():
        scorer = Scorer(version, config.label)
        unit, of = choose_unit(scorer.ask(row)[0], config.label)
        return Explained(version.number, of, contribute(scorer.ask, row, background, unit))


def choose_unit(answer: np.ndarray, label: Label) -> tuple[int, str]:
    """Returns which unit of an answer is explained, and what it is: the score of the class that is told, the number."""
    if label.kind == "regression":
        return len(answer) // 2, label.name
    if label.kind == "binary":
        return 0, f"score of {label.name} = {label.values[1]}"
    best = int(answer.argmax())
    return best, f"score of {label.name} = {label.values[best]}"


def read_background(home: Home, version: Version, config: Config) -> pa.RecordBatch:
    """Returns the features of rows that a version was trained on, as they are kept; raises MillraceError."""
    return draw_rows(find_rows(home, version, "train"), list(config.features))


def draw_rows(files: list[Path], features: list[str]) -> pa.RecordBatch:
    """Returns BACKGROUND rows of files, from all over them."""
    opened = [parquet.ParquetFile(file) for file in files]
    counts = [file.metadata.num_rows for file in opened]
    chosen = np.sort(np.random.default_rng(SEED).permutation(sum(counts))[:BACKGROUND])
    first, parts = 0, []
    for file, count in zip(opened, counts, strict=True):
        own = chosen[(chosen >= first) & (chosen < first + count)] - first
        if len(own):
            parts.append(file.read(features).take(pa.array(own)))
        first += count
    [batch] = pa.concat_tables(parts).combine_chunks().to_batches()
    return choose_columns(batch, features)


def tell(explained: Explained) -> str:
    """Returns the lines of an explanation: the feature that adds or takes most first."""
    found = explained.contributions
    ordered = sorted(found.features.items(), key=lambda item: -abs(item[1]))
    width = max(len(BASE), *map(len, found.features))
    return "\n".join(
        [
            f"{explained.of}, version {explained.version}",
            f"{BASE:{width}}  {found.base:.4f}",
            *(f"{name:{width}} {value:+.4f}" for name, value in ordered),
            f"{'of this row':{width}}  {found.answer:.4f}",
        ]
    )
