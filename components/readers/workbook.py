"""A sheet of a workbook, Excel's or OpenDocument's, read by calamine."""

import contextlib
import datetime
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from components.readers.file_format import Batches, FileFormat, Names, TextFormat
from components.readers.row_batch import Batch, Fault, Row, gather_rows, take_sound
from components.readers.suffixes import SUFFIXES
from configs.errors import DataRejected
from configs.loading.error_messages import suggest

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

WHOLE = 2.0**53  # up to which a float holds each whole number


class Workbook(TextFormat):
    """Rows of the sheet that the dialect names, else of the first; the first that is not blank names the columns.

    A cell is the text that CSV would have: 3, 2.5, true, 2024-05-31, 2024-05-31 18:30:00.
    """

    title = "a workbook"
    suffixes = scored = SUFFIXES["workbook"]
    part = "header"

    def require_content(self, path: str) -> None:
        FileFormat.require_content(self, path)
        self.read_sheet(path)

    def read_sheet(self, path: str) -> list[list[Any]]:
        """Return the cells of the sheet, row by row; raise DataRejected where there is none such."""
        with open_workbook(path) as book:
            names = _name_sheets(book)
            name = self.dialect.sheet or next(iter(names), "")
            if name not in names:
                known = f"The sheets are: {', '.join(names) or 'none'}."
                raise DataRejected(f"There is no sheet `{name}`.", path, f"{known} {suggest(name, names)}".rstrip())
            return book.get_sheet_by_name(name).to_python(skip_empty_area=False)

    def split_rows(self, path: str) -> Iterator[tuple[int, list[str | None]]]:
        """Yield the number and the cells of each row that is not blank."""
        for number, cells in enumerate(self.read_sheet(path), 1):
            texts = [spell_cell(cell) for cell in cells]
            if any(text is not None for text in texts):
                yield number, texts

    def name_columns(self, path: str) -> list[str]:
        if self.dialect.header:
            return list(self.dialect.header)
        for _, cells in self.split_rows(path):
            names = [text or "" for text in cells]
            return names[: max(place for place, name in enumerate(names, 1) if name)]
        raise DataRejected("The sheet is empty.", path, "Fill it, or name another by data.sheet.")

    def parse_rows(self, path: str) -> Iterator[Row | Fault]:
        header, rows = self.name_columns(path), self.split_rows(path)
        if not self.dialect.header:
            next(rows)
        for number, cells in rows:
            beyond = next((cell for cell in cells[len(header) :] if cell is not None), None)
            if beyond is None:
                yield number, dict(zip(header, cells, strict=False)), sum(len(cell or "") for cell in cells)
            else:
                what = f"The row has a cell (`{beyond}`) in a column that the header does not name."
                yield Fault(path, number, "", what, cells, "Name the column, or take the cell away.")

    def read_rows(self, path: str) -> Iterator[Batch]:
        yield from gather_rows(path, self.parse_whole(path), self.read_header(path))

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        for batch in gather_rows(path, take_sound(self.parse_rows(path)), self.name_columns(path)):
            yield batch.table

    def sample_batches(self, path: str, share: float, lists: Collection[str] = ()) -> Batches:
        yield from FileFormat.sample_batches(self, path, share, lists)


@contextlib.contextmanager
def open_workbook(path: str) -> Iterator["CalamineWorkbook"]:
    """Open a workbook; raise DataRejected where it is none."""
    from python_calamine import CalamineError, CalamineWorkbook  # only here: no other format needs it

    try:
        with CalamineWorkbook.from_path(path) as book:
            yield book
    except (CalamineError, OSError) as error:
        raise DataRejected(f"The file cannot be read as a workbook: {error}.", path, "Correct it.") from None


def list_sheets(path: str) -> list[str]:
    """Return the names of a workbook's sheets that hold cells and are shown."""
    with open_workbook(path) as book:
        return _name_sheets(book)


def _name_sheets(book: "CalamineWorkbook") -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    shown = (sheet for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible)
    return [sheet.name for sheet in shown if sheet.typ == SheetTypeEnum.WorkSheet]


def spell_cell(cell: Any) -> str | None:
    """Return a cell as text; None where it is blank."""
    match cell:
        case "" | None:
            return None
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < WHOLE:
            return str(int(cell))
        case datetime.datetime() if cell.time() == datetime.time():
            return str(cell.date())
    return str(cell)
