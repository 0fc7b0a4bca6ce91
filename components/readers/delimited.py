"""CSV: read by Arrow where it is sound, and row by row where a fault is to be named or passed over."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
from pyarrow import csv as arrow_csv
from pyarrow import string

from components.readers.content_kind import JSON, recognise_json
from components.readers.data_file import BLOCK, find_compression, open_bytes, open_content, open_text, require_text
from components.readers.file_format import HEAD, LONGEST, Batches, Names, TextFormat
from components.readers.ranges import Range, Section, count_cuts, find_ends
from components.readers.row_batch import Batch, Fault, Row, gather_rows, take_sound
from components.readers.suffixes import SUFFIXES
from configs.errors import DataRejected
from configs.quantities import count
from configs.schema.dialect import PLAIN, Dialect

FAULTS = {  # what the csv module says, in part, and what we do
    "field limit": f"A field has more than {LONGEST:,} characters",
    "NUL": "The row holds a NUL, which is not text",
    "": "A quote that opens in this row is not closed where its field ends",
}
COLUMN = 1 << 13  # bytes of a block for each column, which costs time in each block, however few its rows
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class Csv(TextFormat):
    """Rows of text whose first names the columns; as an editor shows it, the header is row 1."""

    title = "CSV"
    suffixes = SUFFIXES["csv"]
    scored = (*suffixes, ".txt")
    part = "header"

    def require_content(self, path: str) -> None:
        super().require_content(path)
        with open_content(path, self.dialect) as file:
            if found := recognise_json(file.read(HEAD)):
                raise DataRejected(f"This is {found}, not CSV.", path, JSON[found])

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        dialect = self.dialect
        names = list(columns or self.name_columns(path))
        if dialect.comment:  # which Arrow does not know
            for batch in gather_rows(path, take_sound(self.parse_rows(path)), self.name_columns(path)):
                yield batch.table
            return
        with open_content(path, dialect) as file:
            yield from self._parse(file, names, dialect.header)

    def iterate_range(self, part: Range, columns: Names) -> Batches:
        header = self.name_columns(part.path)
        with open_bytes(part.path) as file:
            section: Any = Section(file, part.start, part.stop or 0)
            content = io.BufferedReader(section, BLOCK)
            yield from self._parse(content, list(columns or header), header if part.start else self.dialect.header)

    def _parse(self, file: BinaryIO, names: list[str], header: Names) -> Batches:
        """Yield columns of the rows, whose first is the header where none is given."""
        dialect = self.dialect
        parse = arrow_csv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=True
        )
        read = arrow_csv.ReadOptions(
            use_threads=False,
            block_size=max(BLOCK, COLUMN * len(names)),
            column_names=header or None,
            encoding=dialect.encoding.replace("utf-8", "utf8"),
        )
        cells = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, string()),
            include_columns=names,
            null_values=[""],
            strings_can_be_null=True,
        )
        yield from arrow_csv.open_csv(file, read, parse, cells)

    def cut(self, path: str) -> list[tuple[Range, int]]:
        dialect, [(whole, size)] = self.dialect, super().cut(path)
        compressed = dialect.compression or find_compression(path)
        if count_cuts(size) < 2 or compressed or dialect.comment or dialect.encoding != "utf-8":
            return [(whole, size)]
        if not self._scan(path):  # who reads its quotes in another way finds other ends
            return [(whole, size)]
        ends = find_ends(path, dialect.quote)
        return [(Range(path, start, stop), stop - start) for start, stop in pairwise([0, *ends])]

    def read_rows(self, path: str) -> Iterator[Batch]:
        yield from gather_rows(path, self.parse_whole(path), self.read_header(path))

    def name_columns(self, path: str) -> list[str]:
        if self.dialect.header:
            return list(self.dialect.header)
        for _, _, cells in split_rows(path, self.dialect):
            if isinstance(cells, Fault):
                raise cells.refuse()
            return cells
        raise DataRejected("The file has no header.", self.place_header(path), "Let its first row name the columns.")

    def parse_rows(self, path: str) -> Iterator[Row | Fault]:
        header, rows = self.name_columns(path), split_rows(path, self.dialect)
        if not self.dialect.header:
            next(rows)
        for first, last, cells in rows:
            if isinstance(cells, Fault):
                yield cells
            elif len(cells) == len(header):
                yield first, dict(zip(header, cells, strict=True)), sum(map(len, cells))
            else:
                lines = f" (lines {first} to {last}: a quote opens there)" if last > first else ""
                what = f"The row{lines} has {count(len(cells), 'field')}; the header has {len(header)}."
                sign = DELIMITERS.get(self.dialect.delimiter, "delimiter")
                remedy = f"Correct the row: a {sign} or a quote is missing or too much."
                yield Fault(path, first, "", what, cells, remedy)

    def check(self, path: str) -> None:
        if not self._scan(path):
            self._count_sound(path)

    def _scan(self, path: str) -> bool:
        """Tell whether Arrow can be trusted with a file; raise DataRejected where it is no text."""
        quotes, longest, plain, quote = 0, 0, True, self.dialect.quote
        with open_text(path, self.dialect) as file:
            while lines := file.readlines(BLOCK):
                block = "".join(lines)
                if "\0" in block:
                    require_text(path, self.dialect)
                if quote and quote in block:
                    plain = plain and are_plain(block, quotes % 2, self.dialect)
                    quotes += block.count(quote)
                longest = max(longest, *map(len, lines))
        # Arrow takes text after a closing quote, a last quote that is never closed, and a field of any length.
        return not quotes % 2 and longest <= LONGEST and plain

    def refuse(self, path: str, error: Exception) -> DataRejected:
        return super().refuse(path, error) if self._count_sound(path) else self.refuse_emptiness(path)

    def _count_sound(self, path: str) -> int:
        """Return the number of rows; raise DataRejected at the first fault."""
        return sum(1 for _ in take_sound(self.parse_rows(path)))


def are_plain(block: str, inside: int, dialect: Dialect) -> bool:
    """Whether quotes in whole lines of text stand at the ends of fields, or two by two in them, and nowhere else.

    `inside` is 1 where the block begins in a quoted field. Of such text nobody reads a quote in two ways.
    """
    text = np.frombuffer(f"\n{block}\n".encode(), np.uint8)
    quotes = np.flatnonzero(text == ord(dialect.quote))
    ends = np.frombuffer(f"{dialect.delimiter}{dialect.quote}\r\n".encode(), np.uint8)
    opening, closing = quotes[inside::2], quotes[1 - inside :: 2]
    return bool(np.isin(text[opening - 1], ends).all() and np.isin(text[closing + 1], ends).all())


class Lines:
    """The lines of a file, counted; those that begin a row with what begins a comment are passed over."""

    def __init__(self, file: Iterable[str], comment: str) -> None:
        self.lines, self.comment = iter(file), comment
        self.first = self.last = 0  # of the row that is being read

    def begin(self) -> None:
        """Say that a row begins."""
        self.first = 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        for line in self.lines:
            self.last += 1
            if self.first or not self.comment or not line.startswith(self.comment):
                self.first = self.first or self.last
                return line
        raise StopIteration


def split_rows(path: str, dialect: Dialect = PLAIN) -> Iterator[tuple[int, int, list[str] | Fault]]:
    """Yield the first and the last line of each row, counted from 1, and its cells; blank lines are passed over."""
    with open_text(path, dialect) as file:
        lines = Lines(file, dialect.comment)
        signs: dict[str, Any] = {"delimiter": dialect.delimiter, "quotechar": dialect.quote or None}
        if not dialect.quote:
            signs["quoting"] = csv.QUOTE_NONE
        reader = csv.reader(lines, strict=True, **signs)
        while True:
            lines.begin()
            cells: list[str] | Fault | None
            try:
                cells = next(reader, None)
            except csv.Error as error:
                what = next(what for part, what in FAULTS.items() if part in str(error))
                spread = f" (lines {lines.first} to {lines.last})" if lines.last > lines.first else ""
                cells = Fault(path, lines.first, "", f"{what}{spread}.")
            if cells is None:
                return
            if cells:
                yield lines.first, lines.last, cells
