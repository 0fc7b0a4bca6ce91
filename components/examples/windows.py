"""Rows of a series made examples: each row, and what stood in the rows before it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.examples.steps import Step
from components.validation.cast import gather, number_combinations
from components.validation.column_types import column
from components.validation.typed_batch import ORDER
from configs.schema.config import Config
from configs.schema.features import Steps


@dataclass(frozen=True)
class Frame:
    """How many rows each sequence looks back, from how far before the row; and the columns that tell series apart.

    Of each horizon there is an example of each row; `told` is the column that holds it, if one does. Rows lie a `step`
    apart; without one, whatever lies between them.
    """

    lengths: Mapping[str, int]
    horizons: tuple[int, ...]
    series: tuple[str, ...] = ()
    told: str | None = None
    step: Step | None = None

    @classmethod
    def of(cls, config: Config) -> "Frame | None":
        """Return what a config says of its window, if it has one."""
        window = config.data.window
        lengths = {
            name: feature.length
            for name, feature in config.features.items()
            if isinstance(feature, Steps) and feature.columns
        }
        if window is None:
            return None
        step = None if window.step is None else Step.parse(window.step)
        return cls(lengths, window.horizons, config.data.groups, window.told, step)

    @property
    def length(self) -> int:
        """How many rows the longest sequence holds."""
        return max(self.lengths.values())


@dataclass(frozen=True)
class Timeline:
    """Rows by series and in order: the number that each has among the rows, its series, and its place in it, from 0 on.

    Places are steps: where a series has a gap, a place has no row, and where a step is there twice, it has two.
    """

    order: np.ndarray
    series: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, moments: np.ndarray, series: np.ndarray, step: Step | None) -> "Timeline":
        """Return that of rows of these moments; without a step each row is one."""
        order = np.lexsort((moments, series))
        sorted_series = series[order]
        starts = np.searchsorted(sorted_series, sorted_series)
        if step is None:
            return cls(order, sorted_series, np.arange(len(order)) - starts)
        scale = step.count_from(moments[order])
        return cls(order, sorted_series, (scale - scale[starts]) // step.count)

    @cached_property
    def starts(self) -> np.ndarray:
        """The line at which the series of each line begins."""
        return np.searchsorted(self.series, self.series)

    @cached_property
    def is_whole(self) -> bool:
        """Whether each place has one row."""
        return bool((self.places == np.arange(len(self.order)) - self.starts).all())

    def find(self, lines: np.ndarray, back: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return the lines so many places before these, `back` [lines or 1, any].

        Where there is none, or none that is `held`, it is the last before it that is; -1 where no line is, and all
        along where no place has one of its own.
        """
        wanted = self.places[lines][:, None] - back
        carried = np.maximum.accumulate(np.where(held, np.arange(len(held)), -1))
        found = carried[(lines[:, None] - back if self.is_whole else self._search(lines, wanted)).clip(0)]
        there = (wanted >= 0) & (found >= self.starts[lines][:, None])
        own = there & (self.places[found] == wanted)
        return np.where(there & own.any(axis=1, keepdims=True), found, -1)

    def _search(self, lines: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return the last line of each place, or before it."""
        span = int(self.places.max()) + 1
        keys = self.series * span + self.places
        return np.searchsorted(keys, self.series[lines][:, None] * span + wanted, side="right") - 1


def roll(batches: Iterable[pa.RecordBatch], frame: Frame) -> Iterator[pa.RecordBatch]:
    """Yield a batch for each horizon: of each series, in its order, the rows that have enough before them.

    The lists of one step in `frame.lengths` become those of all its steps, the oldest first. A step without numbers, or
    without a row, has those of the one before it; a row all of whose steps are such is no example. Rows of equal order
    stay as they came.
    """
    rows = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    line = arrange(rows, frame)
    for horizon in frame.horizons:
        targets = np.flatnonzero(line.places >= frame.length + horizon - 1)
        made = look_back(rows, frame, line, targets, np.full(len(targets), horizon))
        yield made.filter(pa.array(has_steps(made, frame)))


def arrange(rows: pa.RecordBatch, frame: Frame) -> Timeline:
    """Return the rows in order, each series by itself."""
    moments = column(rows, ORDER).to_numpy(zero_copy_only=False)
    return Timeline.of(moments, number_series(rows, frame.series), frame.step)


def look_back(
    rows: pa.RecordBatch, frame: Frame, line: Timeline, targets: np.ndarray, horizons: np.ndarray
) -> pa.RecordBatch:
    """Return the rows at these lines, with the lists of those before them, each from its horizon on."""
    columns = []
    for name in rows.schema.names:
        cells = column(rows, name)
        if name in frame.lengths:
            back = horizons[:, None] + np.arange(frame.lengths[name])[::-1]
            held = cells.is_valid().to_numpy(zero_copy_only=False)[line.order]
            columns.append(_join(cells, line.order, line.find(targets, back, held)))
        elif name == frame.told:
            columns.append(pa.array(horizons, pa.int64()).cast(cells.type))
        else:
            columns.append(cells.take(pa.array(line.order[targets])))
    return pa.RecordBatch.from_arrays(columns, rows.schema.names)


def has_steps(made: pa.RecordBatch, frame: Frame) -> np.ndarray:
    """Whether each row was told a step of each of its sequences."""
    held = [column(made, name).is_valid().to_numpy(zero_copy_only=False) for name in frame.lengths]
    return np.logical_and.reduce(held)


def number_series(rows: pa.RecordBatch, series: Sequence[str]) -> np.ndarray:
    """Return a number for each row, the same within a series: of all cells of these columns; no name is one, too."""
    codes = [column(rows, name).dictionary_encode().indices.fill_null(-1) for name in series]
    return number_combinations([each.to_numpy(zero_copy_only=False) for each in codes], len(rows))


def _join(steps: pa.Array, order: np.ndarray, lines: np.ndarray) -> pa.ListArray:
    """Return for each row of lines the lists of what stands in them as one."""
    flat = lines.ravel()
    taken = steps.take(pa.array(order[flat], mask=flat < 0))
    counts = pc.list_value_length(taken).fill_null(0).to_numpy(zero_copy_only=False)
    return gather(counts.reshape(lines.shape).sum(axis=1), taken.flatten())
