"""Rows of a series made examples: each row, and what stood in the rows before it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.validation.cast import gather
from components.validation.column_types import column
from components.validation.typed_batch import ORDER
from configs.schema.config import Config
from configs.schema.features import Steps


@dataclass(frozen=True)
class Frame:
    """How many rows each sequence looks back, from how far before the row; and the column that tells series apart.

    Of each horizon there is an example of each row; `told` is the column that holds it, if one does.
    """

    lengths: Mapping[str, int]
    horizons: tuple[int, ...]
    series: str | None = None
    told: str | None = None

    @classmethod
    def of(cls, config: Config) -> "Frame | None":
        """Return what a config says of its window, if it has one."""
        window = config.data.window
        lengths = {
            name: feature.length
            for name, feature in config.features.items()
            if isinstance(feature, Steps) and feature.columns
        }
        return Frame(lengths, window.horizons, config.data.group, window.told) if window else None

    @property
    def length(self) -> int:
        """How many rows the longest sequence holds."""
        return max(self.lengths.values())


def roll(batches: Iterable[pa.RecordBatch], frame: Frame) -> Iterator[pa.RecordBatch]:
    """Yield a batch for each horizon: of each series, in its order, the rows that have enough before them.

    The lists of one step in `frame.lengths` become those of all its steps, the oldest first; a step without numbers is
    left out. Rows of equal order stay as they came.
    """
    rows = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    order, places = arrange(rows, frame.series)
    for horizon in frame.horizons:
        targets = np.flatnonzero(places >= frame.length + horizon - 1)
        yield look_back(rows, frame, order, targets, np.full(len(targets), horizon))


def arrange(rows: pa.RecordBatch, series: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows' numbers by series and in its order, and the place that each has in its series, from 0 on."""
    codes = number_series(rows, series)
    order = np.lexsort((column(rows, ORDER).to_numpy(zero_copy_only=False), codes))
    return order, np.arange(len(order)) - np.searchsorted(codes[order], codes[order])


def look_back(
    rows: pa.RecordBatch, frame: Frame, order: np.ndarray, targets: np.ndarray, horizons: np.ndarray
) -> pa.RecordBatch:
    """Return the rows at these places of an `order`, with the lists of those before them, each from its horizon on."""
    columns = []
    for name in rows.schema.names:
        cells = column(rows, name)
        if name in frame.lengths:
            back = horizons[:, None] + np.arange(frame.lengths[name])[::-1]
            columns.append(_join(cells, order[targets[:, None] - back]))
        elif name == frame.told:
            columns.append(pa.array(horizons, pa.int64()).cast(cells.type))
        else:
            columns.append(cells.take(pa.array(order[targets])))
    return pa.RecordBatch.from_arrays(columns, rows.schema.names)


def number_series(rows: pa.RecordBatch, series: str | None) -> np.ndarray:
    """Return a number for each row, the same within a series; -1 where there is no name of one."""
    if series is None:
        return np.zeros(len(rows), np.int64)
    codes = column(rows, series).dictionary_encode().indices
    return codes.fill_null(-1).to_numpy(zero_copy_only=False)


def _join(steps: pa.Array, rows: np.ndarray) -> pa.ListArray:
    """Return for each line of row numbers the lists of these rows as one."""
    taken = steps.take(pa.array(rows.ravel()))
    counts = pc.list_value_length(taken).fill_null(0).to_numpy(zero_copy_only=False)
    return gather(counts.reshape(rows.shape).sum(axis=1), taken.flatten())
