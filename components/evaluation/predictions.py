"""The rows that judged, one by one: what each is, what it weighs, and what the models answered, kept in one file.

All that is said of a model beyond its metrics is made of it: intervals, curves, the examples that a page shows.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from components.registry.versions import OF_ROWS

KEPT_IN = f"{OF_ROWS}/predictions.parquet"  # in the evaluation
ROWS = 20_000  # that are kept of many, drawn at random
NUMBERS = 4_000_000  # that they hold, at most, in answers
PRIORITY = "priority"  # those with the least are kept
WANTED: ContextVar[str | None] = ContextVar("WANTED", default=None)


@dataclass(frozen=True)
class Predictions:
    """Rows that judged: labels [rows, 1 or classes], weights [rows], answers [rows, units], and the names of each
    one's slices. The baseline is that of the version in service, None without one.
    """

    labels: np.ndarray
    weights: np.ndarray
    candidate: np.ndarray
    baseline: np.ndarray | None
    slices: Sequence[Sequence[str]]

    def take(self, rows: np.ndarray) -> "Predictions":
        """Returns these rows."""
        baseline = None if self.baseline is None else self.baseline[rows]
        slices = [self.slices[row] for row in rows.tolist()]
        return Predictions(self.labels[rows], self.weights[rows], self.candidate[rows], baseline, slices)


@contextmanager
def kept(folder: str) -> Iterator[None]:
    """Has the extractors that are made meanwhile keep the rows in this folder."""
    Path(folder, OF_ROWS).mkdir(parents=True, exist_ok=True)
    token = WANTED.set(folder)
    try:
        yield
    finally:
        WANTED.reset(token)


def tabulate(
    labels: np.ndarray, weights: np.ndarray, answers: Mapping[str, np.ndarray], slices: Sequence[Sequence[str]]
) -> pa.RecordBatch:
    """Returns rows as they are kept, each with a priority that is random and the same each time."""
    columns = {"label": _list(labels)} | {name: _list(values) for name, values in answers.items()}
    columns |= {"weight": pa.array(weights.astype("float64")), "slices": pa.array(slices, pa.list_(pa.string()))}
    seed = zlib.crc32(b"".join(part.tobytes() for part in (labels, *answers.values())))
    drawn = np.random.default_rng(seed).random(len(labels))
    return pa.RecordBatch.from_arrays([pa.array(drawn), *columns.values()], [PRIORITY, *columns])


def draw(batches: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Returns as many of the rows as are kept, in one batch at most: in the order of their priorities."""
    if not batches:
        return []
    [joined] = pa.Table.from_batches(batches).combine_chunks().to_batches() or [batches[0]]
    units = sum(column.type.list_size for column in joined.columns if pa.types.is_fixed_size_list(column.type))
    order = np.argsort(joined.column(0).to_numpy(), kind="stable")[: max(1, min(ROWS, NUMBERS // units))]
    return [joined.take(pa.array(order))]


def read_predictions(folder: str) -> Predictions | None:
    """Returns what an evaluation keeps of its rows; None of one that an older release made, or that no row judged."""
    file = Path(folder, KEPT_IN)
    if not file.exists():
        return None
    table = parquet.read_table(file).combine_chunks()
    baseline = _spread(table, "baseline") if "baseline" in table.column_names else None
    slices = [held or [] for held in table.column("slices").to_pylist()]
    weights = table.column("weight").to_numpy()
    return Predictions(_spread(table, "label"), weights, _spread(table, "candidate"), baseline, slices)


def _list(values: np.ndarray) -> pa.FixedSizeListArray:
    flat = values.reshape(len(values), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(flat).ravel()), flat.shape[1])


def _spread(table: pa.Table, name: str) -> np.ndarray:
    cells = pa.concat_arrays(table.column(name).chunks)
    numbers: np.ndarray = cells.flatten().to_numpy(zero_copy_only=False).reshape(len(cells), -1)
    return numbers
