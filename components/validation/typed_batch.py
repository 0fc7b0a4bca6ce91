"""What each column is to the pipeline, and which of its cells are wrong: for training, scoring and messages."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pyarrow as pa

from components.readers.row_batch import choose_columns
from components.validation.cast import to_text
from components.validation.column_types import Role, column
from components.validation.spelling import Spelling
from configs.schema.config import Config
from configs.schema.data import Data
from configs.schema.evaluation import ORIGIN
from configs.schema.features import Categorical, Feature, Image, Numeric, Steps, Timestamp
from configs.schema.label import Label

LISTS = ("image", "sequence", "ids", "labels")  # roles whose cells are more than one value
LABELS = {"binary": "label", "multiclass": "label", "multilabel": "labels", "regression": "target"}
# Where rows stand in their series, in time, and in their file; no column has such a name.
ORDER, TIME, PLACE = "\0order", "\0time", "\0place"


def assign_roles(config: Config, label: bool = True) -> dict[str, Role]:
    """Return what each column is that a run reads, in order; without `label`, what scoring reads: the features."""
    known = {
        name: replace(
            _assign_role(name, feature), spelling=read_spelling(config.data, feature), mask=config.find_mask(name)
        )
        for name, feature in config.features.items()
    }
    if not label:
        if config.data.window:  # a request holds what was there before as a list
            known |= {name: replace(role, columns=()) for name, role in known.items() if role.name == "sequence"}
        return known
    spelling, window = read_spelling(config.data), config.data.window
    if weight := config.data.weight:
        known[weight] = Role("weight", weight, spelling=spelling)
    known[config.label.name] = _assign_label(config)
    if config.evaluation.backtest:
        known[ORIGIN] = Role("id", ORIGIN, made=True)
    for name in config.columns:
        kind = "group" if name in config.data.groups else "client" if name == config.clients else "slice"
        known.setdefault(name, Role(kind, name, spelling=spelling, mask=config.find_mask(name)))
    if window and window.told in known:
        known[window.told] = replace(known[window.told], made=True)
    orders = {ORDER: window and window.order, TIME: config.data.split.by}
    placed = {
        key: Role("moment", name, format=_find_format(config, name), spelling=spelling)
        for key, name in orders.items()
        if name
    }
    return {name: known[name] for name in config.columns} | placed


def assign_series_roles(config: Config) -> dict[str, Role]:
    """Return what each column is that is read of a series whose rows are to be forecast; the label may be missing."""
    roles, label = assign_roles(config), config.label.name
    kept = {*config.features, label, ORDER, *config.data.groups}
    return {name: role for name, role in roles.items() if name in kept} | {label: replace(roles[label], optional=True)}


def read_spelling(data: Data, column: Feature | Label | None = None) -> Spelling:
    """Return how the cells of a feature or a label are spelled: as it says, else as the data does."""

    def find(key: str) -> Any:
        own = getattr(column, key, None)
        return getattr(data, key) if own is None else own

    missing = data.missing if isinstance(column, Label) else find("missing")
    trim, lower = (getattr(column, key, False) for key in ("trim", "lower"))
    return Spelling(missing, trim, lower, find("decimal"), find("thousands"), getattr(column, "unit", None) or "")


def list_sources(roles: Mapping[str, Role]) -> list[str]:
    """Return the columns of the data that the roles are read from, in order."""
    return list(dict.fromkeys(name for role in roles.values() for name in role.sources))


def list_lists(roles: Mapping[str, Role]) -> set[str]:
    """Return the columns of the data whose cells may be lists."""
    return {role.column for role in roles.values() if role.name in ("sequence", "ids", "labels") and not role.columns}


def convert(batch: pa.RecordBatch, roles: Mapping[str, Role], folder: str | None = None) -> pa.RecordBatch:
    """Return a column for each role, in order, typed by it; raise pa.ArrowInvalid where a cell is wrong.

    Cells that name the file of an image do so relative to `folder`.
    """
    columns = [role.read_column(batch, folder) for role in roles.values()]
    return pa.RecordBatch.from_arrays(columns, list(roles))


def drop_unlabelled(batch: pa.RecordBatch, roles: Mapping[str, Role]) -> pa.RecordBatch:
    """Return the rows that have a label, of a label that may be missing."""
    label = next((name for name, role in roles.items() if role.optional), None)
    return batch.filter(column(batch, label).is_valid()) if label else batch


def number_rows(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    """Return the batch with the PLACE of each row in its file, of which that of the first is given."""
    places = pa.array(range(first, first + len(batch)), pa.int64())
    return pa.RecordBatch.from_arrays([*batch.columns, places], [*batch.schema.names, PLACE])


def drop_orders(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch without what only orders or divides its rows."""
    return choose_columns(batch, [name for name in batch.schema.names if name not in (ORDER, TIME, PLACE)])


def find_faults(
    batch: pa.RecordBatch, roles: Mapping[str, Role], folder: str | None = None
) -> Iterator[tuple[int, str, str]]:
    """Yield the index of the row, the column, and a sentence for each cell that is wrong, by row."""
    searches = (_search(batch, role, folder) for role in roles.values())
    for index, role in heapq.merge(*searches, key=itemgetter(0)):
        yield index, *_describe(batch.slice(index, 1), role, folder)


def join(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Return the rows of one or more batches of the same columns as one."""
    filled = [batch for batch in batches if len(batch)]
    if len(filled) < 2:
        return (filled or batches)[0]
    [joined] = pa.Table.from_batches(filled).combine_chunks().to_batches()
    return joined


def fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the rows with the columns of a schema, missing where they are not there."""
    place = batch.schema.get_field_index
    columns = [
        batch.column(place(field.name)).cast(field.type) if place(field.name) >= 0 else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _find_format(config: Config, name: str) -> str | None:
    """Return how the moments of a column are written that puts rows in order: as one of those says that name it."""
    data, feature = config.data, config.features.get(name)
    told = [
        (data.split.by, data.split.format),
        (data.window and data.window.order, data.window and data.window.format),
        (name, feature.format if isinstance(feature, Timestamp) else None),
    ]
    return next((format for column, format in told if column == name and format), None)


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
        case Numeric():
            return Role("numeric", name, offset=feature.offset)
        case Steps():
            return Role("sequence", name, columns=feature.columns or (), width=feature.width)
    return Role(feature.kind, name)


def _assign_label(config: Config) -> Role:
    label = config.label
    spelling, optional = read_spelling(config.data, label), label.missing == "drop"
    if label.columns:
        return Role("flags", label.name, label.values, columns=label.columns, spelling=spelling)
    separator = label.separator or "|"
    return Role(
        LABELS[label.kind],
        label.name,
        label.values,
        spelling=spelling,
        optional=optional,
        separator=separator,
        offset=label.offset,
    )


def _search(batch: pa.RecordBatch, role: Role, folder: str | None, start: int = 0) -> Iterator[tuple[int, Role]]:
    try:
        role.read_column(batch, folder)
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
        for number in role.parts:
            cell = column(row, number.column)
            if next(_search(row, number, folder), None):
                return number.column, _describe_cell(cell, number)
        blank = next(number.column for number in role.parts if number.read_column(row).null_count)
        return blank, f"The cell is blank, and `{role.column}` needs a multiple of {role.width} numbers without a gap."
    if role.name in LISTS:
        try:
            role.read_column(row, folder)
        except pa.ArrowInvalid as error:
            cell = column(row, role.column)
            shown = _shorten(cell[0].as_py()) if pa.types.is_string(cell.type) else "The cell"
            return role.column, f"{shown} {error}."
    return role.column, _describe_cell(column(row, role.column), role)


def _describe_cell(cell: pa.Array, role: Role) -> str:
    try:
        text = to_text(cell)[0].as_py() or ""
    except pa.ArrowException as error:
        return f"The cell cannot be read: {error}."
    if role.mask:  # what is wrong with it is written into the run's log
        return f"The cell {role.fault(text)}."
    return f"{_shorten(text)} {role.fault(text)}." if text else f"The cell {role.fault(text)}."


def _shorten(text: str) -> str:
    return f"`{text if len(text) <= 40 else f'{text[:37]}...'}`"
