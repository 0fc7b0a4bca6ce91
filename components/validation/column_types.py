"""The roles that columns play, each once: what their cells may be, what they become, and what is wrong with one."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from components.readers.file_format import LONGEST
from components.validation.cast import (
    EPOCHS,
    EXCEL,
    is_beyond,
    join,
    list_raised,
    to_indices,
    to_lists,
    to_numbers,
    to_order,
    to_seconds,
    to_sets,
    to_text,
    to_whole,
)
from components.validation.image_cells import to_pictures
from components.validation.masking import lay_mask
from components.validation.spelling import Spelling, blank_missing, to_plain_numbers, unify
from configs.schema.privacy import Mask

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
TEXTS = (
    "categorical",
    "text",
    "group",
    "client",
    "slice",
)  # of which parsing finds no blank
BOOLEANS = ("false", "true", "no", "yes", "0", "1", "f", "t", "n", "y", "off", "on")


@dataclass(frozen=True)
class Role:
    """What one column is; `name` is a key of ROLES.

    With `columns` it is made of those of the data, one number each. Lists hold a multiple of `width` numbers. A label
    that is `optional` may be missing. What is `made` is in no column of the data: a window fills it in. The `offset` is
    taken off a number. A `mask` is laid over its typed cells.
    """

    name: str
    column: str
    classes: tuple[str, ...] = ()
    format: str | None = None
    columns: tuple[str, ...] = ()
    width: int = 1
    spelling: Spelling = Spelling()
    optional: bool = False
    separator: str = "|"
    made: bool = False
    offset: float = 0.0
    mask: Mask | None = None

    @property
    def key(self) -> str:
        """The config's key that names the column."""
        return ROLES[self.name].key.format(self.column)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the data that it is read from."""
        return () if self.made else self.columns or (self.column,)

    @property
    def parts(self) -> list["Role"]:
        """The numbers that it is made of."""
        kind = "flag" if self.name == "flags" else "numeric"
        return [Role(kind, name, spelling=self.spelling) for name in self.columns]

    def read_column(self, batch: pa.RecordBatch, folder: str | None = None) -> pa.Array:
        """Return the column typed by the role, out of its sources; images are in files below the folder.

        Raises pa.ArrowInvalid where a cell is wrong, which depends on its row alone.
        """
        if self.name == "flags":
            return list_raised([part.convert(column(batch, part.column)) for part in self.parts])
        if self.made:
            return self.convert(pa.nulls(len(batch), pa.string()))
        if self.columns:
            return join([part.convert(column(batch, part.column)) for part in self.parts], self.width)
        cells = column(batch, self.column)
        return to_pictures(cells, folder) if self.name == "image" else self.convert(cells)

    def convert(self, array: pa.Array) -> pa.Array:
        """Return the cells, text or of a Parquet type, typed by the role; null is missing.

        Raises pa.ArrowInvalid where a cell is wrong, which depends on that cell alone, and ConfigError without the key
        of its mask.
        """
        try:
            if self.name != "image" and (self.spelling.missing or self.name in TEXTS):
                array = blank_missing(array, self.spelling.missing)
            cells = ROLES[self.name].convert(array, self)
            return cells if self.mask is None else lay_mask(cells, self.mask)
        except pa.ArrowNotImplementedError as error:
            raise pa.ArrowInvalid(str(error)) from error

    def fault(self, cell: str) -> str | None:
        """Return what is wrong with a cell, to follow its name in a sentence; None where nothing is."""
        try:
            self.convert(pa.array([cell or None], pa.string()))
        except pa.ArrowInvalid as error:
            explain = ROLES[self.name].explain
            if not cell.strip():
                return f"is blank; every row needs a {self.name}"
            if cell.strip() in self.spelling.missing:
                return f"stands for a missing value; every row needs a {self.name}"
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


def column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column of a batch by its name."""
    return batch.column(batch.schema.get_field_index(name))


def _to_text(array: pa.Array, role: Role) -> pa.Array:
    text = to_text(array)
    if role.name != "text":
        text = unify(text, role.spelling)
    if (pc.max(pc.utf8_length(text)).as_py() or 0) > LONGEST:
        raise pa.ArrowInvalid("a text is too long")
    return text


def _to_numbers(array: pa.Array, role: Role) -> pa.Array:
    numbers = to_numbers(to_plain_numbers(array, role.spelling), role.offset)
    if role.name != "numeric" and numbers.null_count and not role.optional:
        raise pa.ArrowInvalid("a number is missing")
    if role.name == "weight" and (pc.min(numbers).as_py() or 0) < 0:
        raise pa.ArrowInvalid("a weight is negative")
    return numbers


def _to_label(array: pa.Array, role: Role) -> pa.Array:
    try:
        indices = to_indices(array, role.classes)
    except pa.ArrowInvalid:
        same = unify(pa.array(role.classes, pa.string()), role.spelling).to_pylist()
        indices = to_indices(unify(to_text(array), role.spelling), same)
    if indices.null_count and not role.optional:
        raise pa.ArrowInvalid("a label is missing")
    return indices


def _to_labels(array: pa.Array, role: Role) -> pa.Array:
    return to_sets(array, role.classes, role.separator)


def _to_boolean(array: pa.Array, role: Role) -> pa.Array:
    return pc.bit_wise_and(to_indices(array, BOOLEANS, lower=True), pa.scalar(1, pa.int64()))


def _to_flag(array: pa.Array, role: Role) -> pa.Array:
    flags = _to_boolean(array, role)
    if flags.null_count:
        raise pa.ArrowInvalid("a flag is missing")
    return flags


def _to_id(array: pa.Array, role: Role) -> pa.Array:
    return to_whole(array)


def _to_order(array: pa.Array, role: Role) -> pa.Array:
    moments = to_seconds(array, role.format) if role.format else to_order(array)
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
    try:
        [cell] = to_plain_numbers(pa.array([cell]), role.spelling).to_pylist()
    except pa.ArrowInvalid as error:
        return str(error)
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
    if role.format:
        return _explain_moment(cell, role)
    return "is neither a moment written as ISO 8601 has it (2024-05-31 18:30:00) nor a whole number, to order rows by"


def _explain_label(cell: str, role: Role) -> str:
    if is_beyond(cell):
        return "is an integer beyond 64 bits"
    *others, last = role.classes
    return f"is neither {', '.join(others)} nor {last}, as the label must be"


def _explain_boolean(cell: str, role: Role) -> str:
    return "is neither true nor false, yes nor no, 1 nor 0"


def _explain_moment(cell: str, role: Role) -> str:
    if role.format in EPOCHS:
        return f"is no number of {role.format} since 1970"
    if role.format == EXCEL:
        return "is no number of days as Excel counts them"
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
    "flag": Kind("label.columns", _to_flag, _explain_boolean),
    "flags": Kind("label.columns", _to_labels),
    "target": Kind("label.name", _to_numbers, _explain_number),
    "weight": Kind("data.weight", _to_numbers, _explain_number),
    "group": Kind("data.group", _to_text, _explain_text),
    "client": Kind("training.federated.clients", _to_text, _explain_text),
    "moment": Kind("data", _to_order, _explain_order),
    "slice": Kind("evaluation.slices", _to_text, _explain_text),
}
