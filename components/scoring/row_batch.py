"""Rows as they came, in batches by the form of their file, each row with its number: what is to be scored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Fault:
    """A row that cannot be scored."""

    number: int
    column: str  # "" where the row as a whole is wrong
    reason: str
    values: Any  # the record, or what there is of it


@dataclass(frozen=True)
class Texts:
    """Rows of a text file, their numbers in it (a CSV file's header is row 1), and the unreadable ones in between."""

    path: str
    names: Sequence[str]
    numbers: Sequence[int]
    records: Sequence[Mapping[str, Any]]
    faults: Sequence[Fault] = ()

    @property
    def table(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([self.column(name) for name in self.names], list(self.names))

    def column(self, name: str) -> pa.Array:
        """Return a column as text; a blank is null."""
        cells = [record.get(name) for record in self.records]
        try:
            text = pa.array(cells, pa.string())
        except pa.ArrowException:  # JSON has more than text
            text = pa.array(map(spell, cells), pa.string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)

    def take(self, kept: Sequence[int]) -> "Texts":
        """Return these of the rows."""
        return Texts(self.path, self.names, [self.numbers[i] for i in kept], [self.records[i] for i in kept])


@dataclass(frozen=True)
class Natives:
    """Rows of a Parquet file, counted from 1."""

    path: str
    numbers: Sequence[int]
    table: pa.RecordBatch
    faults: Sequence[Fault] = ()

    @property
    def names(self) -> Sequence[str]:
        return self.table.schema.names

    @property
    def records(self) -> Sequence[Mapping[str, Any]]:
        return self.table.to_pylist()

    def column(self, name: str) -> pa.Array:
        """Return a column of its own type."""
        return self.table.column(self.names.index(name))

    def take(self, kept: Sequence[int]) -> "Natives":
        """Return these of the rows."""
        return Natives(self.path, [self.numbers[i] for i in kept], self.table.take(pa.array(kept, pa.int64())))


@dataclass(frozen=True)
class Picture:
    """The file of an image: its bytes are the column `image`, and its name stands for them in the answer."""

    path: str
    numbers: Sequence[int] = (1,)
    faults: Sequence[Fault] = ()
    names: Sequence[str] = ("image",)

    @property
    def table(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array([self.path] * len(self.numbers), pa.string())], ["image"])

    @property
    def records(self) -> Sequence[Mapping[str, Any]]:
        return self.table.to_pylist()

    def column(self, name: str) -> pa.Array:
        """Return the file's bytes."""
        return pa.array([Path(self.path).read_bytes()] * len(self.numbers), pa.binary())

    def take(self, kept: Sequence[int]) -> "Picture":
        """Return these of the rows."""
        return replace(self, numbers=[self.numbers[i] for i in kept])


Batch = Texts | Natives | Picture


def spell(value: Any) -> str | None:
    """Return a value of JSON or Parquet as the text that a CSV file has for it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, bool | list | dict) else str(value)
