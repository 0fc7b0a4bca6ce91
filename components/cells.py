"""What each column is to the pipeline, and what its cells may be: one rule for training, scoring and messages."""

import heapq
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from components.casts import (
    is_beyond,
    join,
    spell,
    to_indices,
    to_lists,
    to_numbers,
    to_order,
    to_seconds,
    to_sets,
    to_whole,
)
from components.pictures import to_pictures
from configs.features import Categorical, Feature, Image, Steps, Timestamp
from configs.schema import Config

LONGEST = 100_000
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
LISTS = ("image", "sequence", "ids", "labels")  # roles whose cells are more than one value
LABELS = {"binary": "label", "multiclass": "label", "multilabel": "labels", "regression": "target"}
ORDER, TIME = "\0order", "\0time"  # where rows stand in their series, and in time; no column has such a name
BOOLEANS = ("false", "true", "no", "yes", "0", "1", "f", "t", "n", "y", "off", "on")


@dataclass(frozen=True)
class Role:
    """What one column is; `name` is a key of ROLES.

    With `columns` it is made of those of the data, one number each. Lists hold a multiple of `width` numbers.
    """

    name: str
    column: str
    classes: tuple[str, ...] = ()
    format: str | None = None
    columns: tuple[str, ...] = ()
    width: int = 1

    @property
    def key(self) -> str:
        """The config's key that names the column."""
        return ROLES[self.name].key.format(self.column)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the data that it is read from."""
        return self.columns or (self.column,)

    def read(self, batch: pa.RecordBatch, folder: str | None = None) -> pa.Array:
        """Return the column typed by the role, out of its sources; images are in files below the folder.

        Raises pa.ArrowInvalid where a cell is wrong, which depends on its row alone.
        """
        if self.columns:
            return join([Role("numeric", name).convert(_column(batch, name)) for name in self.columns], self.width)
        cells = _column(batch, self.column)
        return to_pictures(cells, folder) if self.name == "image" else self.convert(cells)

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
        except pa.ArrowInvalid as error:
            explain = ROLES[self.name].explain
            if not cell:
                return f"is blank; every row needs a {self.name}"
            return explain(cell, self) if explain else str(error)
        return None


@dataclass(frozen=True)
class Kind:
    """A kind of role: the config's key for it, how cells become typed, and the words for one that cannot.

    Without words of its own, those of the refusal.
    """

    key: str
    convert: Callable[[pa.Array, Role], pa.Array]
    explain: Callable[[str, Role], str] | None = None


def assign_roles(config: Config, label: bool = True) -> dict[str, Role]:
    """Return what each column is that a run reads, in order; without `label`, what scoring reads: the features."""
    known = {name: _assign_role(name, feature) for name, feature in config.features.items()}
    if not label:
        in_window = config.data.window is not None  # which a request holds as a list
        return {name: replace(role, columns=()) if in_window else role for name, role in known.items()}
    if weight := config.data.weight:
        known[weight] = Role("weight", weight)
    known[config.label.name] = Role(LABELS[config.label.kind], config.label.name, config.label.values)
    for name in config.columns:
        known.setdefault(name, Role("group" if name == config.data.group else "slice", name))
    orders = {ORDER: config.data.window and config.data.window.order, TIME: config.data.split.by}
    placed = {key: Role("moment", name) for key, name in orders.items() if name}
    return {name: known[name] for name in config.columns} | placed


def list_sources(roles: Mapping[str, Role]) -> list[str]:
    """Return the columns of the data that the roles are read from, in order."""
    return list(dict.fromkeys(name for role in roles.values() for name in role.sources))


def list_lists(roles: Mapping[str, Role]) -> set[str]:
    """Return the columns of the data whose cells may be lists."""
    return {role.column for role in roles.values() if role.name in ("sequence", "ids") and not role.columns}


def convert(batch: pa.RecordBatch, roles: Mapping[str, Role], folder: str | None = None) -> pa.RecordBatch:
    """Return a column for each role, in order, typed by it; raise pa.ArrowInvalid where a cell is wrong.

    Cells that name the file of an image do so relative to `folder`.
    """
    columns = [role.read(batch, folder) for role in roles.values()]
    return pa.RecordBatch.from_arrays(columns, list(roles))


def drop_orders(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch without what only orders its rows."""
    kept = [name for name in batch.schema.names if name not in (ORDER, TIME)]
    return pa.RecordBatch.from_arrays([_column(batch, name) for name in kept], kept)


def find_faults(
    batch: pa.RecordBatch, roles: Mapping[str, Role], folder: str | None = None
) -> Iterator[tuple[int, str, str]]:
    """Yield the index of the row, the column, and a sentence for each cell that is wrong, by row."""
    searches = (_search(batch, role, folder) for role in roles.values())
    for index, role in heapq.merge(*searches, key=itemgetter(0)):
        yield index, *_describe(batch.slice(index, 1), role, folder)


def _assign_role(name: str, feature: Feature) -> Role:
    match feature:
        case Timestamp():
            return Role("timestamp", name, format=feature.format)
        case Categorical(ids=int()):
            return Role("id", name)
        case Image(columns=tuple() as columns):
            return Role("pixels", name, columns=columns, width=feature.size)
        case Steps(ids=int()):
            return Role("ids", name)
        case Steps():
            return Role("sequence", name, columns=feature.columns or (), width=feature.width)
    return Role(feature.kind, name)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    return batch.column(batch.schema.get_field_index(name))


def _search(batch: pa.RecordBatch, role: Role, folder: str | None, start: int = 0) -> Iterator[tuple[int, Role]]:
    try:
        role.read(batch, folder)
    except pa.ArrowInvalid:
        half = len(batch) // 2
        if not half:
            yield start, role
            return
        yield from _search(batch.slice(0, half), role, folder, start)
        yield from _search(batch.slice(half), role, folder, start + half)


def _describe(row: pa.RecordBatch, role: Role, folder: str | None) -> tuple[str, str]:
    """Return the column of the data that is at fault, and a sentence."""
    if role.columns:
        numbers = [Role("numeric", name) for name in role.columns]
        for number in numbers:
            cell = _column(row, number.column)
            if next(_search(row, number, folder), None):
                return number.column, _describe_cell(cell, number)
        blank = next(name for name in role.columns if Role("numeric", name).read(row).null_count)
        return blank, f"The cell is blank, and `{role.column}` needs a multiple of {role.width} numbers without a gap."
    if role.name in LISTS:
        try:
            role.read(row, folder)
        except pa.ArrowInvalid as error:
            cell = _column(row, role.column)
            shown = _shorten(cell[0].as_py()) if pa.types.is_string(cell.type) else "The cell"
            return role.column, f"{shown} {error}."
    return role.column, _describe_cell(_column(row, role.column), role)


def _describe_cell(cell: pa.Array, role: Role) -> str:
    try:
        text = spell(cell)[0].as_py() or ""
    except pa.ArrowException as error:
        return f"The cell cannot be read: {error}."
    return f"{_shorten(text)} {role.fault(text)}." if text else f"The cell {role.fault(text)}."


def _shorten(text: str) -> str:
    return f"`{text if len(text) <= 40 else f'{text[:37]}...'}`"


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


def _to_labels(array: pa.Array, role: Role) -> pa.Array:
    return to_sets(array, role.classes)


def _to_boolean(array: pa.Array, role: Role) -> pa.Array:
    return pc.bit_wise_and(to_indices(array, BOOLEANS, lower=True), pa.scalar(1, pa.int64()))


def _to_id(array: pa.Array, role: Role) -> pa.Array:
    return to_whole(array)


def _to_order(array: pa.Array, role: Role) -> pa.Array:
    moments = to_order(array)
    if moments.null_count:
        raise pa.ArrowInvalid("a moment is missing")
    return moments


def _to_sequence(array: pa.Array, role: Role) -> pa.Array:
    return to_lists(array, to_numbers, role.width)


def _to_ids(array: pa.Array, role: Role) -> pa.Array:
    return to_lists(array, to_whole)


def _to_image(array: pa.Array, role: Role) -> pa.Array:
    return to_pictures(array)


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


def _explain_id(cell: str, role: Role) -> str:
    return "is no whole number, as a categorical column with `ids` needs"


def _explain_order(cell: str, role: Role) -> str:
    return "is neither a moment written as ISO 8601 has it (2024-05-31 18:30:00) nor a whole number, to order rows by"


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
    "id": Kind("features.{}", _to_id, _explain_id),
    "image": Kind("features.{}", _to_image),
    "pixels": Kind("features.{}.columns", _to_sequence),
    "sequence": Kind("features.{}", _to_sequence),
    "ids": Kind("features.{}", _to_ids),
    "label": Kind("label.name", _to_label, _explain_label),
    "labels": Kind("label.name", _to_labels),
    "target": Kind("label.name", _to_numbers, _explain_number),
    "weight": Kind("data.weight", _to_numbers, _explain_number),
    "group": Kind("data.group", _to_text, _explain_text),
    "moment": Kind("data", _to_order, _explain_order),
    "slice": Kind("evaluation.slices", _to_text, _explain_text),
}
