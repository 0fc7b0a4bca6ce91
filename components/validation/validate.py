"""Data files read into typed Arrow batches, and the exact place of whatever is wrong with them.

Arrow reads and refuses; only where it refuses does a slow pass name the row and the cell. A row is numbered as an
editor shows it: by its first line in CSV, whose header is row 1, and in JSON lines; from 1 in Parquet.
"""

import contextlib
import difflib
import itertools
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from components.readers import spans
from components.readers.data_file import strip_compression
from components.readers.files import list_parts
from components.readers.formats import FORMATS, find_format, name_format
from components.readers.ranges import Range
from components.validation.cast import to_text
from components.validation.column_types import Role, column
from components.validation.kind_doubts import doubt_kind
from components.validation.typed_batch import (
    LABELS,
    assign_roles,
    convert,
    find_faults,
    list_lists,
    list_sources,
    number_rows,
)
from configs.errors import DataRejected
from configs.progress import Pulse
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.dialect import PLAIN, Dialect

SMALL = 1 << 26
Roles = Mapping[str, Role]


def check_batches(
    files: Sequence[str],
    format: str,
    roles: Roles,
    dialect: Dialect = PLAIN,
    numbered: bool = False,
    counts: MutableMapping[str, int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the batches of all files, each found sound before it is handed out; `numbered`, with the place of each row.

    How many rows each file has is put into `counts`.
    Raises DataRejected at the first fault; what only all rows together show, after the last batch.
    """
    seen: set[float] = set()
    rows, pulse = 0, Pulse()
    for path in files:
        with _doubting_format(path, format):
            check_file(path, format, roles, files[0], dialect)
        before = rows
        for batch in _read_sound(path, files, format, roles, dialect):
            seen |= find_labels(batch, roles)
            yield number_rows(batch, rows - before) if numbered else batch
            rows += batch.num_rows
            pulse.tell("%s checked", count(rows, "row"))
        if counts is not None:
            counts[path] = rows - before
    require_labels(roles, seen, rows, files)


def check_range(part: Range, first: str, format: str, roles: Roles, dialect: Dialect) -> Iterator[pa.RecordBatch]:
    """Yield the sound batches of a range, as `check_batches` those of all files, of which `first` is the first.

    Raises DataRejected or ArrowInvalid at the first fault, and does not say where it is; who has cut the file has seen
    to its quotes.
    """
    reader, folder = find_format(part.path, format, dialect), FORMATS[format].find_folder(part.path)
    if part.is_whole:
        check_file(part.path, format, roles, first, dialect)
    else:
        check_header(part.path, format, roles, first, dialect)
    rows = 0
    for batch in reader.read_range(part, list_sources(roles), list_lists(roles)):
        rows += len(batch)
        yield convert(batch, roles, folder)
    if not rows:
        raise reader.refuse_emptiness(part.path)


def find_labels(batch: pa.RecordBatch, roles: Roles) -> set[float]:
    """Return the least and the greatest label of a batch; none of labels of which a row may have none."""
    label = _find_label(roles)
    if label.name in ("labels", "flags"):
        return set()
    return set(pc.min_max(batch.column(list(roles).index(label.column))).as_py().values()) - {None}


def _find_label(roles: Roles) -> Role:
    return next(role for role in roles.values() if role.name in (*LABELS.values(), "flags"))


def require_labels(roles: Roles, seen: Collection[float], rows: int, files: Sequence[str]) -> None:
    """Raise DataRejected where there is no label in so many rows, or one alone; `seen` is of all their batches."""
    label = _find_label(roles)
    if label.optional and not seen:
        raise DataRejected(
            f"The label `{label.column}` is missing in all rows.", files[0], "Correct label.name in the config."
        )
    if len(seen) == 1:
        raise _refuse_constant(label, next(iter(seen)), rows, os.path.commonpath(files))


def check_small(config: Config) -> None:
    """Raise DataRejected at the first fault, as `check_batches` does, where that takes about a second.

    So a mistake need not wait until TensorFlow is loaded; large data is checked by the ExampleGen node alone.
    """
    if config.data.query:  # which is asked once, by that node
        return
    files, dialect = spans.list_data(config.data), config.data.dialect
    parts = list_parts(files, config.data.format, dialect)
    size = sum(os.path.getsize(part) for part in parts if os.path.exists(part))
    if size <= SMALL and config.data.format != "tfrecord":  # which TensorFlow reads
        for _ in check_batches(files, config.data.format, assign_roles(config), dialect):
            pass


def check_file(path: str, format: str, roles: Roles, first: str | None = None, dialect: Dialect = PLAIN) -> None:
    """Raise DataRejected unless the file can be read, has a column for every role, and those of the `first` file."""
    reader = find_format(path, format, dialect)
    reader.require_content(path)
    reader.check(path)
    check_header(path, format, roles, first, dialect)


def check_header(path: str, format: str, roles: Roles, first: str | None, dialect: Dialect) -> None:
    """Raise DataRejected unless the file has a column for every role, and those of the `first` file."""
    reader = find_format(path, format, dialect)
    header, where, part = reader.read_header(path), reader.place_header(path), reader.part
    expected = find_format(first, format, dialect).read_header(first) if first not in (None, path) else header
    if header != expected and reader.is_uniform:
        pairs = enumerate(itertools.zip_longest(header, expected), 1)
        number, pair = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
        here, there = ("absent" if name is None else f"`{name}`" for name in pair)
        what = f"Column {number} of the {part} is {here}, but {there} in {first}."
        raise DataRejected(what, where, "Give all files the same columns.")
    needed: dict[str, str] = {}
    for name, key in ((name, role.key) for role in roles.values() for name in role.sources):
        needed.setdefault(name, f"Correct {key} in the config, or the {part}.")
    require_columns(header, needed, where)


def require_columns(header: Sequence[str], needed: Mapping[str, str], where: str) -> None:
    """Raise DataRejected at the first column that is absent; `needed` says of each what is to be done then."""
    for name, remedy in needed.items():
        if name not in header:
            near = difflib.get_close_matches(name, header, 1)
            hint = f" The nearest is `{near[0]}`." if near else ""
            what = f"The column `{name}` is absent.{hint} The columns are: {', '.join(header)}."
            raise DataRejected(what, where, remedy)


@contextlib.contextmanager
def _doubting_format(path: str, format: str) -> Iterator[None]:
    """Say that the format may be wrong where a file cannot be read whose name is that of another."""
    try:
        yield
    except DataRejected as error:
        named, own = name_format(path), FORMATS[format].suffixes
        if named is None or strip_compression(path).lower().endswith(own):
            raise
        raise DataRejected(error.what, error.where, f"Write data.format: {named}, as its name says.") from error


def _read_sound(
    path: str, files: Sequence[str], format: str, roles: Roles, dialect: Dialect
) -> Iterator[pa.RecordBatch]:
    rows, reader, folder = 0, find_format(path, format, dialect), FORMATS[format].find_folder(path)
    for batch in reader.read_batches(path, list_sources(roles), list_lists(roles)):
        try:
            typed = convert(batch, roles, folder)
        except pa.ArrowInvalid:
            index, name, what = next(find_faults(batch, roles, folder))
            kind, place = roles[name].name if name in roles else "", reader.locate(path, rows + index)
            if kind and (doubt := doubt_kind(column(batch, name), roles[name], place)):
                raise doubt from None
            if kind == "label":
                what += f" In all, it is {_count_labels(files, format, name, dialect)}."
            raise DataRejected(what, f"{place}:{name}", HINTS.get(kind, REMEDY)) from None
        rows += batch.num_rows
        yield typed
    if not rows:
        raise reader.refuse_emptiness(path)


def _count_labels(files: Sequence[str], format: str, label: str, dialect: Dialect) -> str:
    counts: Counter[str | None] = Counter()
    # A fault in a later file is for another day.
    with contextlib.suppress(KeyError, DataRejected):
        for path in files:
            for batch in find_format(path, format, dialect).read_batches(path, [label]):
                counts.update(to_text(batch.column(0)).to_pylist())
    return ", ".join(f"{value or 'blank'} in {count(rows, 'row')}" for value, rows in counts.most_common(5))


def _refuse_constant(label: Role, value: float, rows: int, where: str) -> DataRejected:
    if label.classes:
        held = f"it is {label.classes[int(value)]} in {count(rows, 'row')}"
        what = f"The label `{label.column}` has one class only: {held}."
        return DataRejected(what, where, "Add rows of another class, or correct label.name in the config.")
    what = f"The label `{label.column}` is {value:g} in every row ({count(rows, 'row')}): nothing is left to learn."
    return DataRejected(what, where, "Add rows with other values, or correct label.name in the config.")


REMEDY = "Correct the cell. What stands for a missing value can be named in data.missing."
DROP = "Correct or drop the row (label.missing: drop leaves out those without one), or correct label.name"
HINTS = {
    "label": f"{DROP} or label.classes in the config.",
    "target": f"{DROP} in the config.",
    "weight": "Correct or drop the row, or correct data.weight in the config.",
}
