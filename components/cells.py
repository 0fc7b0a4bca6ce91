"""What each column is to the pipeline, and what its cells may be: one rule for training, scoring and messages."""

import heapq
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from components.casts import is_beyond, spell, to_indices, to_numbers, to_seconds
from configs.features import Timestamp
from configs.schema import Config

LONGEST = 100_000
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
BOOLEANS = ("false", "true", "no", "yes", "0", "1", "f", "t", "n", "y", "off", "on")


@dataclass(frozen=True)
class Role:
    """What one column is; `name` is a key of ROLES."""

    name: str
    column: str
    classes: tuple[str, ...] = ()
    format: str | None = None

    @property
    def key(self) -> str:
        """The config's key that names the column."""
        return ROLES[self.name].key.format(self.column)

    def convert(self, array: pa.Array) -> pa.Array:
        """Return the cells, text or of a Parquet type, typed by the role; null is missing.

        Raises pa.ArrowInvalid where a cell is wrong, which depends on that cell alone.
        """
        try:
            return ROLES[self.name].convert(array, self)
        except pa.ArrowNotImplementedError as error:
            raise pa.ArrowInvalid(str(error)) from error

    def fault(self, cell: str) -> str | None:
        """Return what is wrong with a cell, to follow its name in a sentence; None where nothing is."""
        try:
            self.convert(pa.array([cell or None], pa.string()))
        except pa.ArrowInvalid:
            return ROLES[self.name].explain(cell, self) if cell else f"is blank; every row needs a {self.name}"
        return None


@dataclass(frozen=True)
class Kind:
    """A kind of role: the config's key for it, how cells become typed, and the words for one that cannot."""

    key: str
    convert: Callable[[pa.Array, Role], pa.Array]
    explain: Callable[[str, Role], str]


def assign_roles(config: Config, label: bool = True) -> dict[str, Role]:
    """Return what each column is that a run reads, in order; without `label`, what scoring reads: the features."""
    known = {
        name: Role(feature.kind, name, format=feature.format if isinstance(feature, Timestamp) else None)
        for name, feature in config.features.items()
    }
    if not label:
        return known
    if weight := config.data.weight:
        known[weight] = Role("weight", weight)
    values = config.label.values
    known[config.label.name] = Role("label" if values else "target", config.label.name, values)
    for name in config.columns:
        known.setdefault(name, Role("group" if name == config.data.group else "slice", name))
    return {name: known[name] for name in config.columns}


def convert(batch: pa.RecordBatch, roles: Mapping[str, Role]) -> pa.RecordBatch:
    """Return the columns that have a role, in that order, typed by it; raise pa.ArrowInvalid where a cell is wrong."""
    columns = [role.convert(_column(batch, name)) for name, role in roles.items()]
    return pa.RecordBatch.from_arrays(columns, list(roles))


def find_faults(batch: pa.RecordBatch, roles: Mapping[str, Role]) -> Iterator[tuple[int, str, str]]:
    """Yield the index of the row, the column, and a sentence for each cell that is wrong, by row."""
    searches = (_search(_column(batch, name), role) for name, role in roles.items())
    for index, name in heapq.merge(*searches, key=itemgetter(0)):
        yield index, name, _describe(_column(batch, name).slice(index, 1), roles[name])


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    return batch.column(batch.schema.get_field_index(name))


def _search(column: pa.Array, role: Role, start: int = 0) -> Iterator[tuple[int, str]]:
    try:
        role.convert(column)
    except pa.ArrowInvalid:
        half = len(column) // 2
        if not half:
            yield start, role.column
            return
        yield from _search(column.slice(0, half), role, start)
        yield from _search(column.slice(half), role, start + half)


def _describe(cell: pa.Array, role: Role) -> str:
    try:
        text = spell(cell)[0].as_py() or ""
    except pa.ArrowException as error:
        return f"The cell cannot be read: {error}."
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return f"`{shown}` {role.fault(text)}." if text else f"The cell {role.fault(text)}."


def _to_text(array: pa.Array, role: Role) -> pa.Array:
    text = spell(array)
    if (pc.max(pc.utf8_length(text)).as_py() or 0) > LONGEST:
        raise pa.ArrowInvalid("a text is too long")
    return text


def _to_numbers(array: pa.Array, role: Role) -> pa.Array:
    numbers = to_numbers(array)
    if role.name != "numeric" and numbers.null_count:
        raise pa.ArrowInvalid("a number is missing")
    if role.name == "weight" and (pc.min(numbers).as_py() or 0) < 0:
        raise pa.ArrowInvalid("a weight is negative")
    return numbers


def _to_label(array: pa.Array, role: Role) -> pa.Array:
    indices = to_indices(array, role.classes)
    if indices.null_count:
        raise pa.ArrowInvalid("a label is missing")
    return indices


def _to_boolean(array: pa.Array, role: Role) -> pa.Array:
    return pc.bit_wise_and(to_indices(array, BOOLEANS, lower=True), pa.scalar(1, pa.int64()))


def _to_moments(array: pa.Array, role: Role) -> pa.Array:
    return to_seconds(array, role.format)


def _explain_text(cell: str, role: Role) -> str:
    return f"is a field of {len(cell):,} characters; at most {LONGEST:,} are taken"


def _explain_number(cell: str, role: Role) -> str:
    if is_beyond(cell):
        return "is an integer beyond 64 bits"
    if not NUMBER.fullmatch(cell.strip(" \t")):
        return f"is not a finite number, as a {role.name} column needs"
    if role.name == "weight" and float(cell) < 0:
        return "is negative, which no weight may be"
    return "is beyond the range of a 32-bit float"


def _explain_label(cell: str, role: Role) -> str:
    if is_beyond(cell):
        return "is an integer beyond 64 bits"
    *others, last = role.classes
    return f"is neither {', '.join(others)} nor {last}, as the label must be"


def _explain_boolean(cell: str, role: Role) -> str:
    return "is neither true nor false, yes nor no, 1 nor 0"


def _explain_moment(cell: str, role: Role) -> str:
    return f"is no moment written as {role.format or 'ISO 8601 has it (2024-05-31 18:30:00)'}"


ROLES: dict[str, Kind] = {
    "numeric": Kind("features.{}", _to_numbers, _explain_number),
    "categorical": Kind("features.{}", _to_text, _explain_text),
    "boolean": Kind("features.{}", _to_boolean, _explain_boolean),
    "timestamp": Kind("features.{}", _to_moments, _explain_moment),
    "text": Kind("features.{}", _to_text, _explain_text),
    "label": Kind("label.name", _to_label, _explain_label),
    "target": Kind("label.name", _to_numbers, _explain_number),
    "weight": Kind("data.weight", _to_numbers, _explain_number),
    "group": Kind("data.group", _to_text, _explain_text),
    "slice": Kind("evaluation.slices", _to_text, _explain_text),
}
