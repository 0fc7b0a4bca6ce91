"""The rows of a series that are yet to come: what is to be scored, made of the rows there are."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from components.examples.steps import Step, list_ahead, spell_moment
from components.examples.windows import Frame, Timeline, arrange, has_steps, look_back
from components.readers.formats import find_scored
from components.readers.row_batch import Batch, Fault, choose_columns
from components.scoring.scorer import sort_out
from components.validation.cast import to_text
from components.validation.column_types import Role, column
from components.validation.spelling import blank_missing
from components.validation.typed_batch import ORDER, assign_series_roles, fit, join
from configs.errors import DataRejected
from configs.quantities import count
from configs.schema.config import Config

Take = Callable[[Fault], None]
Pair = tuple[Batch, pa.RecordBatch]


class Forecast:
    """Takes the rows of a series, in any order, and yields those to come, as they are written and as a model sees them.

    These are the rows after the last label, where there are any; else rows are added, a step of the series each. A
    step that the rows are too few for, or too far away, is a fault, which `take` is handed.
    """

    def __init__(self, config: Config, frame: Frame, take: Take) -> None:
        self.config, self.frame, self.take = config, frame, take
        self.roles = assign_series_roles(config)
        self.label = self.roles[config.label.name]
        # Of a row to come only what is known ahead of it is read.
        self.ahead = {
            name: role for name, role in self.roles.items() if name not in frame.lengths and role is not self.label
        }

    @classmethod
    def of(cls, config: Config, path: str, take: Take) -> "Forecast | None":
        """Return what forecasts the rows of a file; None where there is no window, or its rows hold the lists of it."""
        frame = Frame.of(config)
        if frame is None:
            return None
        header = find_scored(path, config.data.format, config.data.dialect).read_header(path)
        return None if frame.lengths.keys() <= {*header} else cls(config, frame, take)

    def read(self, batches: Iterable[Batch], path: str) -> Iterator[Pair]:
        """Yield all rows to come, by series and in order; raise DataRejected where no row has a label."""
        known, ahead = list[Pair](), list[Pair]()
        for batch in batches:
            for fault in batch.faults:
                self.take(fault)
            if batch.numbers:
                blank = self._find_blank(batch)
                known += self._sort(batch.take(np.flatnonzero(~blank).tolist()), self.roles)
                ahead += self._sort(batch.take(np.flatnonzero(blank).tolist()), self.ahead)
        if not known:
            what = f"no row has a label, and the next is told by those before it; the label is `{self.label.column}`"
            raise DataRejected(what, path, "Bring the rows of the series, and leave the label blank in those to come.")
        first = known[0][0]
        none, typed, _ = sort_out(first.take([]), self.ahead)
        ahead = [(none, typed), *ahead]
        ahead += self._add(first, known, ahead)
        yield self._look_back(_join_typed(known), _join_raw([batch for batch, _ in ahead]), _join_typed(ahead))

    def _find_blank(self, batch: Batch) -> np.ndarray:
        text = blank_missing(to_text(batch.choose_columns([self.label.column]).column(0)), self.label.spelling.missing)
        return text.is_null().to_numpy(zero_copy_only=False)

    def _sort(self, batch: Batch, roles: Mapping[str, Role]) -> list[Pair]:
        kept, typed, faults = sort_out(batch, roles)
        for fault in faults:
            self.take(fault)
        return [(kept, typed)] if kept.numbers else []

    def _add(self, first: Batch, known: Sequence[Pair], ahead: Sequence[Pair]) -> list[Pair]:
        """Return the rows after the last of each series that has no row to come."""
        lasts = self._find_lasts(_join_typed(known))
        given = self._find_lasts(_join_typed(ahead))
        due = {names: last for names, last in lasts.items() if names not in given or given[names] <= last}
        if not due:
            return []
        window = self.config.data.window
        assert window is not None
        if window.step is None:
            what = "no row is without a label, and data.window.step does not say how far the next row lies"
            raise DataRejected(what, first.path, "Add rows to come, their label blank, or say step in the config.")
        groups = self.config.data.groups
        others = [name for role in self.ahead.values() for name in role.sources if name not in (window.order, *groups)]
        if others:
            what = f"what `{others[0]}` will be in the rows to come is not known, and the model is told of it"
            raise DataRejected(what, first.path, "Add these rows to the file, their label blank.")
        role, step = self.roles[ORDER], Step.parse(window.step)
        like = to_text(first.choose_columns([window.order]).slice(0, 1).column(0))[0].as_py()
        records = [
            {window.order: spell_moment(moment, role.format, like), **dict(zip(groups, names, strict=True))}
            for names, last in due.items()
            for moment in list_ahead(step, last, self.frame.horizons[-1])
        ]
        return self._sort(_fill(first, records), self.ahead)

    def _find_lasts(self, rows: pa.RecordBatch) -> dict[tuple[str | None, ...], int]:
        """Return the last moment of each series by its names."""
        cells = [column(rows, name).to_pylist() for name in self.config.data.groups]
        lasts: dict[tuple[str | None, ...], int] = {}
        for moment, *names in zip(column(rows, ORDER).to_pylist(), *cells, strict=True):
            lasts[tuple(names)] = max(moment, lasts.get(tuple(names), moment))
        return lasts

    def _look_back(self, rows: pa.RecordBatch, raw: Batch, ahead: pa.RecordBatch) -> Pair:
        """Return the rows to come that have a horizon and enough rows before them; of the others, tell."""
        table = join([rows, fit(ahead, rows.schema)])
        line = arrange(table, self.frame)
        labelled = column(table, self.config.label.name).is_valid().to_numpy(zero_copy_only=False)
        far = count_after(labelled[line.order], line)
        targets, horizons = np.flatnonzero(far), np.array(self.frame.horizons)
        chosen = horizons[np.searchsorted(horizons, far[targets]).clip(max=len(horizons) - 1)]
        least = self.frame.length + chosen - 1
        made = look_back(table, self.frame, line, targets, chosen)
        sound = (far[targets] <= chosen) & (line.places[targets] >= least) & has_steps(made, self.frame)
        numbers = line.order[targets] - len(rows)
        for place in np.flatnonzero(~sound):
            there, ahead = int(line.places[targets[place]]), int(far[targets[place]])
            self._refuse(raw.take([int(numbers[place])]), there, ahead, int(least[place]))
        seen = choose_columns(made.filter(pa.array(sound)), list(self.config.features))
        return raw.take(numbers[sound].tolist()), seen

    def _refuse(self, row: Batch, place: int, far: int, least: int) -> None:
        """Tell of a row to come that has no answer, from its place and from how far after the last label it lies."""
        last, there, needed = self.frame.horizons[-1], place - far + 1, least - far + 1
        reason = f"It is to be told by {count(self.frame.length, 'step')}, none of which has a number."
        if far > last:
            reason = f"This is step {far} after the last with a label, and the model looks {last} ahead."
        elif there < needed:
            held = f"there {'is' if there == 1 else 'are'} {there}"
            reason = f"The model looks at {count(needed, 'step')} up to the last label, and {held}."
        order = self.roles[ORDER].column
        self.take(Fault(row.path, row.numbers[0], order, reason, row.records[0], "Bring the rows before it."))


def count_after(labelled: np.ndarray, line: Timeline) -> np.ndarray:
    """Return how many steps after the last label of its series each row in order lies, 0 up to there."""
    starts, series = np.unique(line.starts, return_inverse=True)
    lasts = np.maximum.reduceat(np.where(labelled, line.places, -1), starts)
    return np.maximum(line.places - lasts[series], 0)


def _fill(first: Batch, records: Sequence[Mapping[str, Any]]) -> Batch:
    """Return rows of these cells, of the columns and types of a batch; all other cells are missing."""
    numbers = [0] * len(records)
    if not isinstance(first.rows, pa.RecordBatch):
        return replace(first, numbers=numbers, rows=[{name: row.get(name) for name in first.names} for row in records])
    arrays = [_cast([row.get(field.name) for row in records], field.type) for field in first.rows.schema]
    return replace(first, numbers=numbers, rows=pa.RecordBatch.from_arrays(arrays, schema=first.rows.schema))


def _cast(cells: Sequence[str | None], kind: pa.DataType) -> pa.Array:
    if not any(cells):
        return pa.nulls(len(cells), kind)
    text = pa.array(cells, pa.string())
    if pa.types.is_dictionary(kind):
        return text.cast(kind.value_type).dictionary_encode().cast(kind)
    return text.cast(pa.timestamp("s")).cast(kind) if pa.types.is_temporal(kind) else text.cast(kind)


def _join_raw(batches: Sequence[Batch]) -> Batch:
    """Return rows of one or more files as one batch."""
    numbers = [number for batch in batches for number in batch.numbers]
    tables = [batch.rows for batch in batches if isinstance(batch.rows, pa.RecordBatch)]
    alike = len(tables) == len(batches) and all(table.schema.equals(tables[0].schema) for table in tables)
    rows: Any = join(tables) if alike else [record for batch in batches for record in batch.records]
    names = list(dict.fromkeys(name for batch in batches for name in batch.names))
    return replace(batches[0], names=names, numbers=numbers, rows=rows, faults=())


def _join_typed(pairs: Sequence[Pair]) -> pa.RecordBatch:
    return join([typed for _, typed in pairs])
