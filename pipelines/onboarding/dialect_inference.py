"""How files of text are written, told by their first megabyte: compression, encoding, delimiter, quote and header."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import islice, product
from typing import Any

import numpy as np
import pyarrow.compute as pc

from components.readers.content_kind import COMPRESSED
from components.readers.data_file import COMPRESSIONS, open_content
from components.readers.formats import FORMATS
from components.readers.workbook import Workbook, list_sheets
from components.validation.profile import Column, Profile
from components.validation.spelling import is_text
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect
from pipelines.onboarding.encoding_inference import find_encoding
from pipelines.onboarding.spelling_inference import AMONG_NUMBERS, USUAL

SAMPLE = 1 << 20  # bytes
ROWS = 1000  # of the sample that are parted
DELIMITERS = (",", ";", "\t", "|", "^", "~")  # of two that part alike, the first
QUOTES = ('"', "'")
TITLE = 20  # rows, at most
FEWEST = 5  # different cells of a column of which all but the first are numbers
EVEN = 0.9  # share of rows of one width, from which a delimiter parts them
SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # the first line, of Excel
RULE = re.compile(r"\s*(:?-+:?)?\s*")
NUMBER = re.compile(r"\s*[+-]?[$\u20ac\u00a3]?\s*(\d[\d.,' ]*|[.,]\d+)([eE][+-]?\d+)?\s*%?\s*")


def read_dialect(path: str, format: str, names: Sequence[str] = (), sheet: str = "") -> Dialect:
    """Returns how a file is written; `names` are its columns' where it has no header, and `sheet` is a workbook's.

    Raises DataRejected for a table whose first row is one of its rows, unless there are names.
    """
    if format == "workbook":
        dialect = Dialect(header=tuple(names), sheet=choose_sheet(path, sheet))
        require_names(path, [] if names else read_cells(path, dialect))
        return dialect
    compression = find_compression(path)
    FORMATS[format].speak(Dialect(compression=compression)).require_content(path)
    with open_content(path, Dialect(compression=compression)) as file:
        head = file.read(SAMPLE)
    named = "" if any(path.lower().endswith(suffix) for suffix in COMPRESSIONS) else compression
    dialect = Dialect(encoding=find_encoding(head), compression=named)
    if format != "csv":
        return dialect
    text = codecs.getincrementaldecoder(dialect.encoding)("replace").decode(head).removeprefix("\ufeff")
    dialect = find_signs(cut(text, len(head) < SAMPLE), dialect)
    rows = part(cut(text, len(head) < SAMPLE), dialect)
    if names:
        return replace(dialect, header=tuple(names))
    require_names(path, rows)
    return dialect


def require_names(path: str, rows: list[list[str]]) -> None:
    """Raises DataRejected where the first row names no columns: above the one that does, or where it is like others."""
    require_table(path, rows)
    if not has_header(rows):
        shown = ", ".join(rows[0][:4]) + (", ..." if len(rows[0]) > 4 else "")
        what = f"The file seems to have no header: its first row is like those below it ({shown})."
        raise DataRejected(what, path, "Put a row of names above it, or name its columns: --columns a,b,c.")


def require_table(path: str, rows: list[list[str]]) -> None:
    """Raises DataRejected where a title stands above the row of names, and where blanks part the columns."""
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    if len(rows) > 1 and "--" in "".join(rows[1]) and all(map(RULE.fullmatch, rows[1])):
        remedy = "Take away that row, and the bars at both ends of each."
        raise DataRejected("Its second row is a rule, as Markdown has it.", path, remedy)
    filled = [sum(map(bool, map(str.strip, row))) for row in rows]
    if width == 1:
        words = {len(row[0].split()) for row in rows}
        if len(words) == 1 and words.pop() > 1 and len(rows) > 2:
            raise DataRejected("Its columns are parted by blanks.", path, "Part them by commas, semicolons or tabs.")
        return
    above = next((place for place, row in enumerate(rows) if len(row) == width and filled[place] > 1), 0)
    if 0 < above < TITLE and max(filled[:above]) < 2 and not any(map(NUMBER.fullmatch, rows[above])):
        shown = " ".join(rows[0]).strip()[:40]
        what = f"The file begins with a title (`{shown}`), and not with the names of its columns."
        raise DataRejected(what, path, f"Take away what stands above `{', '.join(rows[above][:4])}`.")


def choose_sheet(path: str, sheet: str) -> str:
    """Returns the sheet named, else the first with cells where a workbook has several; none where it has one."""
    names = list_sheets(path)
    if sheet or len(names) < 2:
        return sheet
    return next((name for name in names if read_cells(path, Dialect(sheet=name), 1)), names[0])


def read_cells(path: str, dialect: Dialect, most: int = ROWS) -> list[list[str]]:
    """Returns the first rows of a sheet that are not blank."""
    return [[text or "" for text in cells] for _, cells in islice(Workbook(dialect).split_rows(path), most)]


def warn_of_sheets(path: str, dialect: Dialect, asked: str) -> list[str]:
    """Returns what to say where a sheet of several was taken that nobody asked for."""
    if asked or not dialect.sheet:
        return []
    others = ", ".join(f"`{name}`" for name in list_sheets(path) if name != dialect.sheet)
    return [f"`{dialect.sheet}` is the sheet taken; there are {others}, too: --sheet names another"]


def as_keys(dialect: Dialect) -> dict[str, Any]:
    """Returns the keys of `data` that say how the files are written, where that is not as usual."""
    told = {item.name: getattr(dialect, item.name) for item in fields(dialect)}
    return {name: value for name, value in told.items() if value != getattr(PLAIN, name)}


def find_compression(path: str) -> str:
    """Returns how a file is compressed, by its first bytes; nothing where it is not."""
    with open(path, "rb") as file:
        head = file.read(4)
    return next((name for magic, name in COMPRESSED.items() if head.startswith(magic)), "")


def cut(text: str, is_whole: bool) -> list[str]:
    """Returns the lines of a sample, without the last where that may be cut off."""
    lines = text.splitlines(keepends=True)
    return lines if is_whole or len(lines) < 2 else lines[:-1]


def find_signs(lines: list[str], dialect: Dialect) -> Dialect:
    """Returns the dialect with the delimiter, the quote and the comments that part the lines best."""
    told = SEPARATOR.fullmatch(lines[0]) if lines else None
    if told:
        return replace(dialect, delimiter=told[1], comment=lines[0][:4])
    if lines and lines[0].startswith("#") and any(not line.startswith("#") for line in lines):
        dialect = replace(dialect, comment="#")
    best, score = dialect, (False, 0.0, 0, False)
    for delimiter, quote in product(DELIMITERS, QUOTES):
        tried = replace(dialect, delimiter=delimiter, quote=quote)
        sign = re.escape(delimiter)
        quoted = re.compile(f"(^|{sign})'[^']*'({sign}|\r?\n?$)")
        if quote == "'" and not any(map(quoted.search, lines[:ROWS])):
            continue
        rows = part(lines, tried)
        width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        even = round(count / max(1, len(rows)), 2)
        named = bool(rows) and len(rows[0]) == width  # decimal commas part all rows but that of the names
        quotes = quote == "'" and all(map(quoted.search, lines[:2]))  # in the row of names as well
        if width > 1 and even >= EVEN and (named, even, width, quotes) > score:
            best, score = tried, (named, even, width, quotes)
    return replace(best, comment="#") if not best.comment and _has_comments(lines, best) else best


def _has_comments(lines: list[str], dialect: Dialect) -> bool:
    """Whether some lines begin with a #, and are none of the rows by how they are parted."""
    rows = part(lines, dialect)
    marked = [row for row in rows if row[0].startswith("#")]
    return bool(marked) and not rows[0][0].startswith("#") and all(len(row) != len(rows[0]) for row in marked)


def part(lines: list[str], dialect: Dialect) -> list[list[str]]:
    """Returns the rows of a sample; none where they are not quoted so."""
    shown = (line for line in lines if not dialect.comment or not line.startswith(dialect.comment))
    rows = []
    try:
        for row in csv.reader(shown, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True):
            if row:
                rows.append(row)
            if len(rows) == ROWS:
                break
    except csv.Error:
        return rows if len(rows) > 1 else []
    return rows


def has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: none of its cells is a number, or what stands below is none either."""
    if len(rows) < 3:
        return True
    first, below = rows[0], rows[1:]
    numeric = [bool(NUMBER.fullmatch(cell)) for cell in first]
    if not any(numeric):
        return True
    if all(re.fullmatch(r"(19|20)\d\d", cell) for cell, is_number in zip(first, numeric, strict=True) if is_number):
        return len(set(first)) == len(first) and not all(numeric)  # a column for each year
    columns = [[row[at] for row in below if len(row) > at and row[at].strip()] for at in range(len(first))]
    numbers = [at for at, cells in enumerate(columns) if _are_numbers(cells)]
    return not numbers or not all(numeric[at] or not first[at].strip() for at in numbers)


def _are_numbers(cells: list[str]) -> bool:
    """Whether most are; some may be markers of missing values."""
    return 2 * sum(bool(NUMBER.fullmatch(cell)) for cell in cells) > len(cells)


def require_one_header(profile: Profile, data: str) -> None:
    """Raises DataRejected where the first row names units or types, and where one repeats the names of all columns."""
    columns = [column for column in profile.columns.values() if column.name]
    titles = [title for column in columns if (title := _find_title(column))]
    if len(titles) > 1:
        what = f"The row below the header (`{'`, `'.join(titles[:4])}`) stands above numbers, and holds none"
        raise DataRejected(f"{what}: it seems to name units or types.", data, "Take it away.")
    if len(columns) < 2 or not all(is_text(column.values.type) for column in columns):
        return
    places = [pc.index(column.values, column.name).as_py() for column in columns]
    if min(places) < 0:
        return
    repeats = [column.codes() == place for column, place in zip(columns, places, strict=True)]
    if rows := np.flatnonzero(np.all(repeats, axis=0)).tolist():
        what = f"Of the rows below the header, row {rows[0] + 1:,} repeats it, as where files were joined."
        raise DataRejected(what, data, "Take such rows away.")


def _find_title(column: Column) -> str | None:
    """Returns the first cell of a column whose other cells are all numbers, where it is none and stands for none."""
    first = column.cells[0].as_py() if is_text(column.values.type) and not column.is_number else None
    if not isinstance(first, str) or re.fullmatch(r"\W*|.*\d.*", first) or len(column.values) < FEWEST:
        return None
    if first.strip().lower() in AMONG_NUMBERS or first.strip() in USUAL or column.counts[column.codes()[0]] > 1:
        return None
    others = column.texts.filter(pc.not_equal(column.texts, first)).slice(0, ROWS).to_pylist()
    return first if all(map(NUMBER.fullmatch, others)) else None
