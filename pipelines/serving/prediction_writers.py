"""The files that scored rows are written to: the input's columns as they came, then the answers."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

import pyarrow as pa
from pyarrow import parquet

from components.readers.row_batch import Batch, spell_value
from components.scoring.scorer import Answers
from configs.errors import DataRejected

STDOUT = 1
Target = Path | int  # a file descriptor stays open


class Writer(Protocol):
    """Takes rows in their order; the columns are those of the first rows, then those of the answers."""

    def write(self, batch: Batch, answers: Answers) -> None: ...

    def close(self) -> None: ...


class Csv:
    """Text, in quotes where it needs them; a missing value is blank."""

    def __init__(self, target: Target, columns: Sequence[str]) -> None:
        self.file = open_text(target)
        self.writer = csv.writer(self.file, lineterminator="\n")
        self.columns = columns
        self.header: Sequence[str] = ()

    def write(self, batch: Batch, answers: Answers) -> None:
        if batch.names and not self.header:
            self.header = batch.names
            self.writer.writerow([*self.header, *self.columns])
        _refuse_more(batch, self.header)
        for record, answer in _pair(batch, answers):
            cells = map(record.get, self.header)
            self.writer.writerow([*(cell if type(cell) is str else spell_value(cell) for cell in cells), *answer])

    def close(self) -> None:
        if not self.header:
            self.writer.writerow(self.columns)
        self.file.close()


class JsonLines:
    """An object a line, with the keys that its row came with."""

    def __init__(self, target: Target, columns: Sequence[str]) -> None:
        self.file = open_text(target)
        self.columns = columns

    def write(self, batch: Batch, answers: Answers) -> None:
        for record, answer in _pair(batch, answers):
            row = {**record, **dict(zip(self.columns, answer, strict=True))}
            self.file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        self.file.close()


class Parquet:
    """Columns of the types that the first rows have: text where they come from a text file."""

    def __init__(self, target: Target, columns: Sequence[str]) -> None:
        self.target = target
        # A score is a number, and so is an answer that comes without any.
        kinds = [pa.string() if len(columns) > 1 else pa.float64(), *[pa.float64()] * (len(columns) - 1)]
        self.added = [pa.field(name, kind) for name, kind in zip(columns, kinds, strict=True)]
        self.writer: parquet.ParquetWriter | None = None

    def write(self, batch: Batch, answers: Answers) -> None:
        table = batch.table
        if not table.schema.names:
            return
        writer = self.writer = self.writer or self._open(table.schema)
        inputs = writer.schema.names[: -len(self.added)]
        _refuse_more(batch, inputs)
        absent = pa.nulls(len(table))
        arrays = [table.column(name) if name in batch.names else absent for name in inputs]
        arrays += [pa.array(answers[field.name], field.type) for field in self.added]
        try:
            arrays = [array.cast(field.type) for array, field in zip(arrays, writer.schema, strict=True)]
        except pa.ArrowException as error:
            what = f"A column is of another type than in the rows before: {error}."
            raise DataRejected(what, batch.path, "Score this file by itself.") from error
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=writer.schema))

    def close(self) -> None:
        (self.writer or self._open(pa.schema([]))).close()

    def _open(self, inputs: pa.Schema) -> parquet.ParquetWriter:
        return parquet.ParquetWriter(self.target, pa.schema([*inputs, *self.added], inputs.metadata))


WRITERS: dict[str, Callable[[Target, Sequence[str]], Writer]] = {".csv": Csv, ".jsonl": JsonLines, ".parquet": Parquet}


def open_text(target: Target) -> TextIO:
    """Open a file, or what stands for one, to be written as UTF-8."""
    return open(target, "w", encoding="utf-8", newline="", closefd=target != STDOUT)


def _pair(batch: Batch, answers: Answers) -> Iterator[tuple[Mapping[str, Any], tuple[Any, ...]]]:
    return zip(batch.records, zip(*answers.values(), strict=True), strict=True)


def _refuse_more(batch: Batch, names: Sequence[str]) -> None:
    more = sorted(set(batch.names) - set(names))
    if more:
        what = f"The column `{more[0]}` was not in the rows before."
        where = f"{batch.path}:{batch.numbers[0]}" if batch.numbers else batch.path
        remedy = "Score this file by itself, or write JSON lines, which may have other keys in every row."
        raise DataRejected(what, where, remedy)
