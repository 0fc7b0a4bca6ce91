"""CSV: read by Arrow where it is sound, and row by row where a fault is to be named or passed over."""

import csv
from collections.abc import Collection, Iterator

import numpy as np
from pyarrow import csv as arrow_csv
from pyarrow import string

from components.readers.data_file import BLOCK, open_bytes, open_text, require_text
from components.readers.file_format import LONGEST, Batches, Names, TextFormat
from components.readers.row_batch import Batch, Fault, Row, gather_rows, take_sound
from configs.errors import DataRejected

FAULTS = {  # what the csv module says, in part, and what we do
    "field limit": f"A field has more than {LONGEST:,} characters",
    "NUL": "The row holds a NUL, which is not text",
    "": "A quote that opens in this row is not closed where its field ends",
}


class Csv(TextFormat):
    """Rows of text whose first names the columns; as an editor shows it, the header is row 1."""

    title = "CSV"
    suffixes = scored = (".csv",)
    part = "header"

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        names = list(columns or self.name_columns(path))
        parse = arrow_csv.ParseOptions(newlines_in_values=True)
        cells = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, string()),
            include_columns=names,
            null_values=[""],
            strings_can_be_null=True,
        )
        with open_bytes(path) as file:
            yield from arrow_csv.open_csv(
                file, arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK), parse, cells
            )

    def read_rows(self, path: str) -> Iterator[Batch]:
        yield from gather_rows(path, self.parse_rows(path), self.read_header(path))

    def name_columns(self, path: str) -> list[str]:
        for _, _, cells in split_rows(path):
            if isinstance(cells, Fault):
                raise cells.refuse()
            return cells
        raise DataRejected("The file has no header.", self.place_header(path), "Let its first row name the columns.")

    def parse_rows(self, path: str) -> Iterator[Row | Fault]:
        header, rows = self.name_columns(path), split_rows(path)
        next(rows)
        for first, last, cells in rows:
            if isinstance(cells, Fault):
                yield cells
            elif len(cells) == len(header):
                yield first, dict(zip(header, cells, strict=True)), sum(map(len, cells))
            else:
                lines = f" (lines {first} to {last}: a quote opens there)" if last > first else ""
                what = f"The row{lines} has {len(cells)} fields; the header has {len(header)}."
                remedy = "Correct the row: a comma or a quote is missing or too much."
                yield Fault(path, first, "", what, cells, remedy)

    def check(self, path: str) -> None:
        quotes, longest, plain = 0, 0, True
        with open_text(path) as file:
            while lines := file.readlines(BLOCK):
                block = "".join(lines)
                if "\0" in block:
                    require_text(path)
                if '"' in block:
                    plain, count = plain and are_plain(block, quotes % 2), block.count('"')
                    quotes += count
                longest = max(longest, *map(len, lines))
        # Arrow takes text after a closing quote, a last quote that is never closed, and a field of any length.
        if quotes % 2 or longest > LONGEST or not plain:
            self._count_sound(path)

    def refuse(self, path: str, error: Exception) -> DataRejected:
        return super().refuse(path, error) if self._count_sound(path) else self.refuse_emptiness(path)

    def _count_sound(self, path: str) -> int:
        """Return the number of rows; raise DataRejected at the first fault."""
        return sum(1 for _ in take_sound(self.parse_rows(path)))


def are_plain(block: str, inside: int) -> bool:
    """Whether quotes in whole lines of text stand at the ends of fields, or two by two in them, and nowhere else.

    `inside` is 1 where the block begins in a quoted field. Of such text nobody reads a quote in two ways.
    """
    text = np.frombuffer(f"\n{block}\n".encode(), np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    ends = np.isin(text, np.frombuffer(b',\r\n"', np.uint8))
    opening, closing = quotes[inside::2], quotes[1 - inside :: 2]
    return bool(ends[opening - 1].all() and ends[closing + 1].all())


def split_rows(path: str) -> Iterator[tuple[int, int, list[str] | Fault]]:
    """Yield the first and the last line of each row, counted from 1, and its cells; blank lines are passed over."""
    first = 1
    with open_text(path) as file:
        reader = csv.reader(file, strict=True)
        while True:
            cells: list[str] | Fault | None
            try:
                cells = next(reader, None)
            except csv.Error as error:
                what = next(what for part, what in FAULTS.items() if part in str(error))
                lines = f" (lines {first} to {reader.line_num})" if reader.line_num > first else ""
                cells = Fault(path, first, "", f"{what}{lines}.")
            if cells is None:
                return
            if cells:
                yield first, reader.line_num, cells
            first = reader.line_num + 1
