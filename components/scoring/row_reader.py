"""The rows of a file read in batches as they came: what scoring hands back unchanged.

Training refuses a file at its first fault; here a faulty row is one to be named, and passed over if so wished.
"""

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO

import pyarrow as pa

from components.readers import arrow_reader
from components.readers.files import ITEMS
from components.scoring.row_batch import Batch, Fault, Natives, Picture, Texts
from configs.errors import DataRejected

ROWS = 16_384  # in a batch, and at most as much text as this:
CHARACTERS = 1 << 24

Line = tuple[int, Any, int]  # a row's number, its record or Fault, its length


def suffix(path: str) -> str:
    """Return what a file's name says of its format, such as `.csv`."""
    return os.path.splitext(path)[1].lower()


def parse_json(lines: Iterable[str]) -> Iterator[Line]:
    """Yield the object, or the fault, of every line that is not blank."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                record = json.loads(line)
                if "\\u" in line:
                    json.dumps(record, ensure_ascii=False).encode()  # half of a surrogate pair is no text
            except (ValueError, RecursionError) as error:
                record = Fault(number, "", f"The row is no JSON: {error}.", line.strip())
            if not isinstance(record, dict | Fault):
                record = Fault(number, "", "The row is no JSON object.", record)
            yield number, record, len(line)


def read(path: str) -> Iterator[Batch]:
    """Yield the rows of a file in order; one batch at least, without rows where the file has none.

    Raises DataRejected where the file as a whole cannot be read.
    """
    try:
        yield from READERS[suffix(path)](path)
    except OSError as error:
        raise DataRejected(f"The file cannot be read ({error.strerror or error}).", path) from error
    except pa.ArrowException as error:
        raise DataRejected(f"The file cannot be read as Parquet: {error}.", path) from error
    except UnicodeDecodeError:
        raise DataRejected("The row is not UTF-8.", f"{path}:{_undecodable(path)}", "Save the file as UTF-8.") from None


def _read_csv(path: str) -> Iterator[Batch]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = _parse_csv(file)
        _, names, _ = next(lines, (1, [], 0))
        if not names or isinstance(names, Fault):
            raise DataRejected("The file has no header.", f"{path}:1", "Let its first row name the columns.")
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise DataRejected(f"The header has the column `{twice[0]}` more than once.", f"{path}:1", "Rename one.")
        yield from _gather(path, (_name_cells(line, names) for line in lines), names)


def _parse_csv(file: TextIO) -> Iterator[Line]:
    reader, number = csv.reader(file, strict=True), 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            lines = f" (lines {number} to {reader.line_num})" if reader.line_num > number else ""
            yield number, Fault(number, "", f"The row{lines} is no CSV: {error}.", None), 0
        else:
            if cells is None:
                return
            if cells:
                yield number, cells, sum(map(len, cells))
        number = reader.line_num + 1


def _name_cells(line: Line, names: Sequence[str]) -> Line:
    number, cells, size = line
    if isinstance(cells, Fault):
        return line
    if len(cells) == len(names):
        return number, dict(zip(names, cells, strict=True)), size
    return number, Fault(number, "", f"The row has {len(cells)} fields; the header has {len(names)}.", cells), size


def _read_json(path: str) -> Iterator[Batch]:
    with open(path, encoding="utf-8-sig") as file:
        yield from _gather(path, parse_json(file))


def _gather(path: str, lines: Iterator[Line], header: Sequence[str] = ()) -> Iterator[Texts]:
    last = False
    while not last:
        numbers, records, faults, room = [], [], [], CHARACTERS
        for number, record, size in lines:
            if isinstance(record, Fault):
                faults.append(record)
            else:
                numbers.append(number)
                records.append(record)
            room -= size
            if room <= 0 or len(records) + len(faults) == ROWS:
                break
        else:
            last = True
        names = header or list(dict.fromkeys(key for record in records for key in record))
        yield Texts(path, names, numbers, records, faults)


def _read_picture(path: str) -> Iterator[Batch]:
    yield Picture(path)


def _read_records(path: str) -> Iterator[Batch]:
    end = 1
    for batch in arrow_reader.read(path, "tfrecord"):
        start, end = end, end + len(batch)
        yield Natives(path, range(start, end), batch)


def _read_parquet(path: str) -> Iterator[Batch]:
    with arrow_reader.open_parquet(path) as file:
        schema = file.schema_arrow
    end = 1
    for batch in arrow_reader.read(path, "parquet"):
        start, end = end, end + len(batch)
        yield Natives(path, range(start, end), pa.RecordBatch.from_arrays(batch.columns, schema=schema))
    if end == 1:
        yield Natives(path, (), pa.RecordBatch.from_pylist([], schema))


def _undecodable(path: str) -> int:
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


READERS: dict[str, Callable[[str], Iterator[Batch]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_json,
    ".parquet": _read_parquet,
    ".tfrecord": _read_records,
    **dict.fromkeys(ITEMS["images"], _read_picture),
}
