"""Data files read into typed Arrow batches, and the exact place of whatever is wrong with them.

Arrow reads and refuses; only where it refuses does a slow pass name the row and the cell. A row is numbered as an
editor shows it: by its first line in CSV, whose header is row 1, and in JSON lines; from 1 in Parquet.
"""

import contextlib
import csv
import difflib
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from components.readers import arrow_reader, spans
from components.readers import files as sources
from components.readers.files import open_bytes
from components.validation.cast import spell
from components.validation.column_types import LONGEST, Role
from components.validation.typed_batch import LABELS, assign_roles, convert, find_faults, list_lists, list_sources
from configs.errors import DataRejected
from configs.schema.config import Config

SMALL = 1 << 26
Roles = Mapping[str, Role]


def check_batches(files: Sequence[str], format: str, roles: Roles) -> Iterator[pa.RecordBatch]:
    """Yield the batches of all files, each found sound before it is handed out.

    Raises DataRejected at the first fault; what only all rows together show, after the last batch.
    """
    label = next(role for role in roles.values() if role.name in LABELS.values())
    seen: set[float] = set()
    rows = 0
    for path in files:
        check_file(path, format, roles, files[0])
        for batch in _read_sound(path, files, format, roles):
            if label.name != "labels":  # of which a row may have none
                seen |= set(pc.min_max(batch.column(list(roles).index(label.column))).as_py().values()) - {None}
            rows += batch.num_rows
            yield batch
    if len(seen) == 1:
        raise _refuse_constant(label, seen.pop(), rows, os.path.commonpath(files))


def check_small(config: Config) -> None:
    """Raise DataRejected at the first fault, as `check_batches` does, where that takes about a second.

    So a mistake need not wait until TensorFlow is loaded; large data is checked by the ExampleGen node alone.
    """
    files = spans.list_data(config.data)
    parts = [part for path in files for part in sources.list_parts(path, config.data.format)]
    size = sum(os.path.getsize(part) for part in parts if os.path.exists(part))
    if size <= SMALL and config.data.format != "tfrecord":  # which TensorFlow reads
        for _ in check_batches(files, config.data.format, assign_roles(config)):
            pass


def check_file(path: str, format: str, roles: Roles, first: str | None = None) -> None:
    """Raise DataRejected unless the file can be read, has a column for every role, and those of the `first` file."""
    form = sources.find_form(path, format)
    if form == "csv":
        _check_text(path)
    header, expected = read_header(path, format), read_header(first or path, format)
    where, part = (f"{path}:1", "header") if form == "csv" else (path, "file")
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise DataRejected(f"The {part} has the column `{twice[0]}` more than once.", where, "Rename or drop one.")
    if header != expected and form not in ("jsonl", "tfrecord"):
        pairs = enumerate(itertools.zip_longest(header, expected), 1)
        column, here, there = next((column, *pair) for column, pair in pairs if pair[0] != pair[1])
        what = f"Column {column} of the {part} is {_name(here)}, but {_name(there)} in {first}."
        raise DataRejected(what, where, "Give all files the same columns.")
    for name, key in ((name, role.key) for role in roles.values() for name in role.sources):
        if name not in header:
            near = difflib.get_close_matches(name, header, 1)
            hint = f" The nearest is `{near[0]}`." if near else ""
            what = f"The column `{name}` is absent.{hint} The columns are: {', '.join(header)}."
            raise DataRejected(what, where, f"Correct {key} in the config, or the {part}.")


def read_header(path: str, format: str) -> list[str]:
    """Return the names of the columns of a file; raise DataRejected where it cannot be read."""
    if os.path.isdir(path):
        if not sources.list_items(path, format):
            raise DataRejected("The folder is empty.", path, "Fill it, or take it away.")
    else:
        with open_bytes(path) as file:
            if not file.read(1):
                raise DataRejected("The file is empty.", path, "Fill it, or take it away.")
    try:
        return arrow_reader.read_header(path, format)
    except (pa.ArrowException, OSError) as error:
        raise _refuse_file(path, format, error) from error


def _name(column: str | None) -> str:
    return "absent" if column is None else f"`{column}`"


def _check_text(path: str) -> None:
    offset = quotes = longest = 0
    with open_bytes(path) as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                what = f"Byte {offset + error.start:,} of the file (0x{line[error.start]:02x}) is not UTF-8."
                raise DataRejected(what, f"{path}:{row}", "Save the file as UTF-8.") from None
            if b"\0" in line:
                what = f"Byte {offset + line.index(0):,} of the file is NUL, which is not text."
                raise DataRejected(what, f"{path}:{row}", "Save the file as UTF-8 text, without NUL.")
            offset, quotes, longest = offset + len(line), quotes + line.count(b'"'), max(longest, len(line))
    # Arrow takes a last quote that is never closed, and a field of any length.
    if quotes % 2 or longest > LONGEST:
        for _ in _number_rows(path):
            pass


def _read_sound(path: str, files: Sequence[str], format: str, roles: Roles) -> Iterator[pa.RecordBatch]:
    rows, folder = 0, sources.find_folder(path, format)
    try:
        for batch in arrow_reader.read(path, format, list_sources(roles), list_lists(roles)):
            try:
                typed = convert(batch, roles, folder)
            except pa.ArrowInvalid:
                raise _refuse_cell(path, files, format, roles, rows, batch) from None
            rows += batch.num_rows
            yield typed
    except (pa.ArrowException, OSError) as error:
        raise _refuse_file(path, format, error) from error
    if not rows:
        raise _refuse_emptiness(path, format)


def _refuse_emptiness(path: str, format: str) -> DataRejected:
    part = "a header" if sources.find_form(path, format) == "csv" else "columns"
    return DataRejected(f"The file has {part} but no rows.", path, "Fill it, or take it away.")


def _refuse_file(path: str, format: str, error: Exception) -> DataRejected:
    form = sources.find_form(path, format)
    if form == "csv" and not sum(1 for _ in _number_rows(path)):
        return _refuse_emptiness(path, format)
    name = NAMES.get(form, form)
    reason = str(error).splitlines()[0].rstrip(".:")
    return DataRejected(f"The file cannot be read as {name}: {reason}.", path, "Correct the file, or data.format.")


def _refuse_cell(
    path: str, files: Sequence[str], format: str, roles: Roles, before: int, batch: pa.RecordBatch
) -> DataRejected:
    index, name, what = next(find_faults(batch, roles, sources.find_folder(path, format)))
    kind = roles[name].name if name in roles else ""
    if kind == "label":
        what += f" In all, it is {_count_labels(files, format, name)} rows."
    remedy = HINTS.get(kind, "Correct the cell.")
    return DataRejected(what, f"{_locate(path, format, before + index)}:{name}", remedy)


def _locate(path: str, format: str, index: int) -> str:
    """Return the place of a row of a data file, counted from 0, as a person looks for it."""
    form = sources.find_form(path, format)
    if form in sources.ITEMS:
        return sources.list_items(path, format)[index]
    if form in ("parquet", "tfrecord"):
        return f"{path}:{index + 1}"
    rows = _number_rows(path) if form == "csv" else _number_lines(path)
    return f"{path}:{next(itertools.islice(rows, index, None))}"


def _count_labels(files: Sequence[str], format: str, label: str) -> str:
    counts: Counter[str | None] = Counter()
    # A fault in a later file is for another day.
    with contextlib.suppress(pa.ArrowException, OSError, KeyError, DataRejected):
        for path in files:
            for batch in arrow_reader.read(path, format, [label]):
                counts.update(spell(batch.column(0)).to_pylist())
    return ", ".join(f"{value or 'blank'} in {count:,}" for value, count in counts.most_common(5))


def _refuse_constant(label: Role, value: float, rows: int, where: str) -> DataRejected:
    if label.classes:
        what = f"The label `{label.column}` has one class only: it is {label.classes[int(value)]} in {rows:,} rows."
        return DataRejected(what, where, "Add rows of another class, or correct label.name in the config.")
    what = f"The label `{label.column}` is {value:g} in all of {rows:,} rows, which leaves nothing to learn."
    return DataRejected(what, where, "Add rows with other values, or correct label.name in the config.")


def _number_lines(path: str) -> Iterator[int]:
    with open_bytes(path) as file:
        yield from (row for row, line in enumerate(file, 1) if line.strip())


def _number_rows(path: str) -> Iterator[int]:
    """Yield the first line of each row of a CSV file; raise DataRejected at one that is not formed as the header is."""
    rows = _parse_rows(path)
    _, _, header = next(rows, (1, 1, []))
    for row, last, cells in rows:
        if len(cells) != len(header):
            lines = f" (lines {row} to {last}: a quote opens there)" if last > row else ""
            what = f"The row{lines} has {len(cells)} fields; the header has {len(header)}."
            raise DataRejected(what, f"{path}:{row}", "Correct the row: a comma or a quote is missing or too much.")
        for name, cell in zip(header, cells, strict=True):
            if len(cell) > LONGEST:
                what = f"`{cell[:37]}...` is a field of {len(cell):,} characters; at most {LONGEST:,} are taken."
                raise DataRejected(what, f"{path}:{row}:{name}", "Correct the cell.")
        yield row


def _parse_rows(path: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the first and the last line of each row, counted from 1, and its cells; blank lines are passed over."""
    first = 1
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                long = "field limit" in str(error)
                quote = "A quote that opens in this row is not closed where its field ends."
                what = f"A field has more than {LONGEST:,} characters." if long else quote
                raise DataRejected(what, f"{path}:{first}", "Correct the row.") from None
            if cells is None:
                return
            if cells:
                yield first, reader.line_num, cells
            first = reader.line_num + 1


NAMES = {"csv": "CSV", "parquet": "Parquet", "jsonl": "JSON lines", "tfrecord": "TFRecords of tf.Examples"}
HINTS = {
    "label": "Correct or drop the row, or correct label.name or label.classes in the config.",
    "target": "Correct or drop the row, or correct label.name in the config.",
    "weight": "Correct or drop the row, or correct data.weight in the config.",
}
