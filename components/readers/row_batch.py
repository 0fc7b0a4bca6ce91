"""Rows as they came, each with its number, and what is wrong with one; in batches, as scoring takes them."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from components.readers.blanks import blank
from configs.errors import DataRejected

ROWS = 16_384  # in a batch, and at most as much text as this:
CHARACTERS = 1 << 24

Row = tuple[int, Mapping[str, Any], int]  # its number, the row of a text file, and about how many characters it has


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row, and where."""

    path: str
    number: int  # 0 where there is one row only
    column: str  # "" where the row as a whole is wrong
    reason: str
    values: Any = None  # the record, or what there is of it
    remedy: str = "Correct the row."

    def refuse(self, remedy: str | None = None) -> DataRejected:
        """Return the fault as an error."""
        place = (self.path, str(self.number or ""), self.column)
        return DataRejected(self.reason, ":".join(filter(None, place)), remedy or self.remedy)


@dataclass(frozen=True)
class Batch:
    """Rows of a file, their numbers in it (a CSV file's header is row 1), and the unreadable ones in between."""

    path: str
    names: Sequence[str]
    numbers: Sequence[int]
    rows: Sequence[Mapping[str, Any]] | pa.RecordBatch  # as they came
    faults: Sequence[Fault] = ()
    folder: str = ""  # that names of images are relative to

    @property
    def records(self) -> Sequence[Mapping[str, Any]]:
        return self.rows.to_pylist() if isinstance(self.rows, pa.RecordBatch) else self.rows

    @property
    def table(self) -> pa.RecordBatch:
        if isinstance(self.rows, pa.RecordBatch):
            return self.rows
        cells = [_to_text([row.get(name) for row in self.rows]) for name in self.names]
        return pa.RecordBatch.from_arrays(cells, list(self.names))

    def choose_columns(self, names: Sequence[str]) -> pa.RecordBatch:
        """Return columns as text, in which a blank is null, or numbers, or of a type of their own."""
        if isinstance(self.rows, pa.RecordBatch):
            return choose_columns(self.rows, names)
        cells = [_to_cells([row.get(name) for row in self.rows]) for name in names]
        return pa.RecordBatch.from_arrays(cells, list(names))

    def take(self, kept: Sequence[int]) -> "Batch":
        """Return these of the rows."""
        rows = self.rows
        taken = rows.take(pa.array(kept, pa.int64())) if isinstance(rows, pa.RecordBatch) else [rows[i] for i in kept]
        return replace(self, numbers=[self.numbers[i] for i in kept], rows=taken, faults=())


def choose_columns(table: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Return the columns of these names, in this order."""
    if table.schema.names == list(names):
        return table
    cells = [table.column(table.schema.get_field_index(name)) for name in names]
    return pa.RecordBatch.from_arrays(cells, list(names))


def take_sound(rows: Iterator[Row | Fault]) -> Iterator[Row]:
    """Yield the rows; raise DataRejected at the first fault."""
    for row in rows:
        if isinstance(row, Fault):
            raise row.refuse()
        yield row


def gather_rows(path: str, rows: Iterator[Row | Fault], header: Sequence[str] = ()) -> Iterator[Batch]:
    """Yield the rows in batches, one at least, and with each the faults among them.

    The columns are those of the header, or without one of the records.
    """
    last = False
    while not last:
        numbers, records, faults, room = [], [], [], CHARACTERS
        for row in rows:
            if isinstance(row, Fault):
                faults.append(row)
                room -= len(str(row.values))
            else:
                number, record, size = row
                numbers.append(number)
                records.append(record)
                room -= size
            if room <= 0 or len(records) + len(faults) == ROWS:
                break
        else:
            last = True
        names = header or list(dict.fromkeys(key for record in records for key in record))
        yield Batch(path, names, numbers, records, faults, os.path.dirname(path))


def spell_value(value: Any) -> str | None:
    """Return a value of JSON or Parquet as the text that a CSV file has for it."""
    if value is None or isinstance(value, str):
        return value
    spelled = isinstance(value, bool | list | dict) or value != value  # NaN
    return json.dumps(value, ensure_ascii=False, default=str) if spelled else str(value)


def _to_cells(cells: list[Any]) -> pa.Array:
    """Return numbers of JSON as what they are, since text may be read with another sign before the fraction."""
    if {type(cell) for cell in cells} - {type(None)} in ({int}, {float}):
        with suppress(pa.ArrowException, OverflowError):
            return pa.array(cells)
    return _to_text(cells)


def _to_text(cells: list[Any]) -> pa.Array:
    try:
        text = pa.array(cells, pa.string())
    except pa.ArrowException:  # JSON has more than text
        text = pa.array(map(spell_value, cells), pa.string())
    return blank(text, pc.equal(text, ""))
