"""Rows of a series made examples: each row, and what stood in the rows before it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.validation.cast import gather
from components.validation.typed_batch import ORDER


@dataclass(frozen=True)
class Frame:
    """How many rows each sequence looks back, from how far before the row; and the column that tells series apart."""

    lengths: Mapping[str, int]
    horizon: int
    series: str | None = None

    @property
    def lookback(self) -> int:
        """How many rows a row needs before it."""
        return max(self.lengths.values()) + self.horizon - 1


def roll(batches: Iterable[pa.RecordBatch], frame: Frame) -> Iterator[pa.RecordBatch]:
    """Yield one batch: of each series, in its order, the rows that have enough before them, with the lists of those.

    The lists of one step in `frame.lengths` become those of all its steps, the oldest first; a step without numbers is
    left out. Rows of equal order stay as they came.
    """
    rows = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    series = _number(rows, frame.series)
    order = np.lexsort((_column(rows, ORDER).to_numpy(zero_copy_only=False), series))
    starts = np.searchsorted(series[order], series[order])
    places = np.flatnonzero(np.arange(len(order)) - starts >= frame.lookback)
    columns = []
    for name in rows.schema.names:
        column = _column(rows, name)
        if name in frame.lengths:
            back = frame.horizon + np.arange(frame.lengths[name])[::-1]
            columns.append(_join(column, order[places[:, None] - back]))
        else:
            columns.append(column.take(pa.array(order[places])))
    yield pa.RecordBatch.from_arrays(columns, rows.schema.names)


def _join(steps: pa.Array, rows: np.ndarray) -> pa.ListArray:
    """Return for each line of row numbers the lists of these rows as one."""
    taken = steps.take(pa.array(rows.ravel()))
    counts = pc.list_value_length(taken).fill_null(0).to_numpy(zero_copy_only=False)
    return gather(counts.reshape(rows.shape).sum(axis=1), taken.flatten())


def _number(rows: pa.RecordBatch, series: str | None) -> np.ndarray:
    if series is None:
        return np.zeros(len(rows), np.int64)
    codes = _column(rows, series).dictionary_encode().indices
    return codes.fill_null(-1).to_numpy(zero_copy_only=False)


def _column(rows: pa.RecordBatch, name: str) -> pa.Array:
    return rows.column(rows.schema.get_field_index(name))
