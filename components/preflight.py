"""CSV files read into typed Arrow batches, and the exact place of whatever is wrong with them.

Arrow reads and refuses; only where it refuses, or reads what no column may hold, does a slow pass name the cell.
"""

import csv
import difflib
import itertools
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from components.sources import find_data, list_files, open_bytes
from configs.errors import DataRejected
from configs.schema import Config

TYPES = {"numeric": pa.float32(), "categorical": pa.string(), "label": pa.int64(), "slice": pa.string()}
KEYS = {"numeric": "features.{}", "categorical": "features.{}", "label": "label.name", "slice": "evaluation.slices"}
BLOCK = 1 << 22
SMALL = 1 << 26
LONGEST = 100_000
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
# From here on, a number rounds to infinity as a 32-bit float.
INFINITE = 2.0**128 - 2.0**103


def assign_roles(config: Config) -> dict[str, str]:
    """Return what each column that the pipeline reads is to it: numeric, categorical, label or slice."""
    known = {name: feature.kind for name, feature in config.features.items()} | {config.label.name: "label"}
    return {name: known.get(name, "slice") for name in config.columns}


def read_batches(path: str, roles: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    """Yield the columns of `roles`, typed by their role, for some 4 MB of the file at a time; a blank cell is null."""
    yield from arrow_csv.open_csv(
        path,
        arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types={name: TYPES[role] for name, role in roles.items()},
            include_columns=list(roles),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def check_batches(files: Sequence[str], roles: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    """Yield the batches of all files, each found sound before it is handed out.

    Raises DataRejected at the first fault; what only all rows together show, after the last batch.
    """
    label = next(name for name, role in roles.items() if role == "label")
    labels: Counter[int | None] = Counter()
    mislabelled = ""
    for path in files:
        _check_text(path, roles)
        _check_header(path, files[0], roles)
        for batch in _read_sound(path, roles):
            labels.update(batch.column(batch.schema.get_field_index(label)).to_pylist())
            mislabelled = mislabelled or (path if set(labels) - {0, 1} else "")
            yield batch
    if set(labels) != {0, 1}:
        raise _refuse_label(label, labels, mislabelled or os.path.commonpath(files), roles)


def check_small(config: Config) -> None:
    """Raise DataRejected at the first fault, as `check_batches` does, where that takes less than a second.

    So a mistake need not wait until TensorFlow is loaded; large data is checked by the ExampleGen node alone.
    """
    files = list_files(*find_data(config.data.path))
    if sum(os.path.getsize(path) for path in files if os.path.exists(path)) <= SMALL:
        for _ in check_batches(files, assign_roles(config)):
            pass


def _check_text(path: str, roles: Mapping[str, str]) -> None:
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
    if not offset:
        raise DataRejected("The file is empty.", path, "Fill it, or take it away.")
    # Arrow takes a last quote that is never closed, and a field of any length.
    if quotes % 2 or longest > LONGEST:
        _diagnose(path, roles)


def _check_header(path: str, first: str, roles: Mapping[str, str]) -> None:
    header, expected = _read_header(path), _read_header(first)
    where = f"{path}:1"
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise DataRejected(f"The header has the column `{twice[0]}` more than once.", where, "Rename or drop one.")
    if header != expected:
        pairs = enumerate(itertools.zip_longest(header, expected), 1)
        column, here, there = next((column, *pair) for column, pair in pairs if pair[0] != pair[1])
        what = f"Column {column} of the header is {_name(here)}, but {_name(there)} in {first}."
        raise DataRejected(what, where, "Give all files the same header.")
    for name, role in roles.items():
        if name not in header:
            near = difflib.get_close_matches(name, header, 1)
            hint = f" The nearest is `{near[0]}`." if near else ""
            what = f"The column `{name}` is absent.{hint} The columns are: {', '.join(header)}."
            raise DataRejected(what, where, f"Correct {KEYS[role].format(name)} in the config, or the header.")
    if next(itertools.islice(_read_rows(path), 1, None), None) is None:
        raise DataRejected("The file has a header but no rows.", path, "Fill it, or take it away.")


def _name(column: str | None) -> str:
    return "absent" if column is None else f"`{column}`"


def _read_sound(path: str, roles: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    numeric = [name for name, role in roles.items() if role == "numeric"]
    try:
        for batch in read_batches(path, roles):
            for name in numeric:
                column = batch.column(batch.schema.get_field_index(name))
                if not pc.all(pc.is_finite(column), min_count=0).as_py():
                    raise pa.ArrowInvalid(f"column {name} has a number that is not finite")
                if (pc.max(pc.abs(column)).as_py() or 0) >= 2**63:
                    _diagnose(path, roles)
            yield batch
    except pa.ArrowInvalid as error:
        _diagnose(path, roles)
        raise DataRejected(f"The file cannot be read as CSV: {error}.", path, "Correct the file.") from error


def _refuse_label(label: str, counts: Counter[int | None], path: str, roles: Mapping[str, str]) -> DataRejected:
    seen = ", ".join(f"{'blank' if value is None else value} in {count:,}" for value, count in counts.most_common(5))
    if set(counts) < {0, 1}:
        what = f"The label `{label}` has one class only: it is {seen} rows."
        return DataRejected(what, path, "Add rows of the other class, or correct label.name in the config.")
    where = path
    try:
        _diagnose(path, roles)
    except DataRejected as fault:
        where = fault.where
    what = f"The label `{label}` must be 0 or 1 in every row; it is {seen} rows."
    return DataRejected(what, where, "Correct or drop the others, or correct label.name in the config.")


def _diagnose(path: str, roles: Mapping[str, str]) -> None:
    """Raise DataRejected at the first row or cell that breaks a rule; return if none does."""
    header = _read_header(path)
    for row, last, cells in itertools.islice(_read_rows(path), 1, None):
        if len(cells) != len(header):
            lines = f" (lines {row} to {last}: a quote opens there)" if last > row else ""
            what = f"The row{lines} has {len(cells)} fields; the header has {len(header)}."
            raise DataRejected(what, f"{path}:{row}", "Correct the row: a comma or a quote is missing or too much.")
        for name, cell in zip(header, cells, strict=True):
            if fault := _find_fault(cell, roles.get(name, "")):
                shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
                raise DataRejected(f"`{shown}` {fault}.", f"{path}:{row}:{name}", "Correct the cell.")


def _find_fault(cell: str, role: str) -> str | None:
    text = cell.strip()
    if len(cell) > LONGEST:
        return f"is a field of {len(cell):,} characters; at most {LONGEST:,} are taken"
    if role not in ("numeric", "label") or (role == "numeric" and not cell):
        return None
    # Counting digits comes first since Python refuses to convert some thousands of them.
    if INTEGER.fullmatch(text) and (len(text.lstrip("+-0")) > 19 or not -(2**63) <= int(text) < 2**63):
        return "is an integer beyond 64 bits"
    if role == "label":
        return None if text in ("0", "1") else "is neither 0 nor 1, as a label must be"
    if not NUMBER.fullmatch(text):
        return "is not a finite number, as a numeric column needs"
    return "is beyond the range of a 32-bit float" if abs(float(text)) >= INFINITE else None


def _read_header(path: str) -> list[str]:
    return next((cells for _, _, cells in _read_rows(path)), [])


def _read_rows(path: str) -> Iterator[tuple[int, int, list[str]]]:
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
