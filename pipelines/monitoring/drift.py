"""How far features, labels and answers lie from what they were: the distances are the data gate's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.feature_statistics.column_spread import ColumnSpread, cut, describe_edges, describe_texts
from components.feature_statistics.distance import Column, Statistics, allow_for_chance, by_name, compare, share_missing
from components.registry.versions import Version
from components.schemas.free_columns import free
from components.validation.column_types import column
from configs.schema.config import Config
from configs.schema.label import Label
from trainer.export.signatures import PREDICTION

TRAINED_ON = "statistics/Split-train/FeatureStats.pb"
HALF = 0.5
Kept = Mapping[str, Any]  # how answers are spread, as JSON has it: rows, and counts by class or edges of percentiles


@dataclass(frozen=True)
class Strayed:
    """How far a column has moved, and how far it may; None where there is nothing to compare it with."""

    column: str
    distance: float | None
    limit: float | None
    missing: float = 0.0  # share of the rows without a value
    since: str = ""  # when the look was that it is compared with, if it is with one

    @property
    def beyond(self) -> bool:
        """Whether it is too far."""
        return self.distance is not None and self.limit is not None and self.distance > self.limit


class Spreads:
    """What the columns of new rows hold that rules can bound, and what is answered."""

    def __init__(self, config: Config) -> None:
        names = [*config.features, config.label.name]
        self.columns = {name: ColumnSpread() for name in names if name not in free(config)}
        self.answers, self.label, self.hides = ColumnSpread(), config.label, config.hides_label
        self.rows = 0

    def add(self, batch: pa.RecordBatch, answers: np.ndarray | None) -> None:
        """Takes in typed rows and their answers [rows, units], where they are known."""
        self.rows += len(batch)
        for name, spread in self.columns.items():
            if name in batch.schema.names:
                spread.add(column(batch, name))
        if answers is not None:
            self.answers.add(tell_answers(answers, self.label))

    def keep_answers(self) -> Kept | None:
        """Returns how the answers are spread as JSON holds it; None where they are private, or there are none."""
        if self.hides or not self.answers.rows:
            return None
        if self.answers.counts:
            return {"rows": self.answers.rows, "counts": self.answers.counts}
        return {"rows": self.answers.rows, "edges": cut(np.concatenate(self.answers.numbers))}


def tell_answers(answers: np.ndarray, label: Label) -> pa.Array:
    """Returns the one thing of each row's answers [rows, units] that is followed: a score, a number or the classes."""
    if label.kind == "multiclass":
        return pa.array(label.values).take(pa.array(answers.argmax(axis=1)))
    if label.kind == "multilabel":
        values = np.array(label.values, object)
        return pa.array([values[row > HALF].tolist() for row in answers], pa.list_(pa.string()))
    middle: np.ndarray = answers[:, answers.shape[1] // 2]
    return pa.array(middle)


def measure_drift(
    spreads: Spreads,
    version: Version,
    limit: float | None,
    published: Kept | None,
    earlier: Iterable[Mapping[str, Any]],
) -> list[Strayed]:
    """Returns how far each column lies from the rows that the version was trained on, the farthest first.

    Its answers are held against those on the rows that judged it before it was published; where these are not known,
    against those of the first of the `earlier` looks at it that has some.
    """
    trained = Statistics.FromString((version.extras / TRAINED_ON).read_bytes())
    known, rows, found = by_name(trained), trained.datasets[0].num_examples, []
    for name, spread in spreads.columns.items():
        if spread.rows and name in known:
            here = spread.describe()
            allowed = allow_for_chance(limit, spread.rows, rows)
            found.append(Strayed(name, compare(here, known[name]), allowed, share_missing(here)))
    found.sort(key=lambda each: -(each.distance or 0.0))
    if not spreads.answers.rows or spreads.hides:
        return found
    then, since = published, ""
    if then is None:
        first = next((look for look in earlier if look["version"] == version.number and look["answers"]), None)
        then, since = (first["answers"], first["at"]) if first else (None, "")
    return [*found, _measure_answers(spreads.answers, then, since, limit)]


def _measure_answers(answers: ColumnSpread, then: Kept | None, since: str, limit: float | None) -> Strayed:
    if then is None:
        return Strayed(PREDICTION, None, None)
    allowed = allow_for_chance(limit, answers.rows, then["rows"])
    return Strayed(PREDICTION, compare(answers.describe(), restore(then)), allowed, since=since)


def restore(kept: Kept) -> Column:
    """Returns the statistics of answers as a look has kept them."""
    common = statistics_pb2.CommonStatistics(num_non_missing=kept["rows"])
    return describe_texts(kept["counts"], common) if "counts" in kept else describe_edges(kept["edges"], common)
