"""Data files read into Arrow batches as they stand: some megabytes, or a row group, at a time."""

import contextlib
import csv
import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from components.readers.class_folders import BLOCK, read_images, read_lines, read_texts
from components.readers.files import find_form, open_bytes
from components.readers.tfrecord import read_records
from configs.errors import DataRejected

SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl"}
BUFFER = 1 << 16  # bytes of a column of Parquet; without, all that a row group has of it
CELLS = 1 << 20


def read(
    path: str, format: str, columns: Sequence[str] | None = None, lists: Collection[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield the columns, all where none are named, of the rows in order: text of CSV and JSON lines, else typed.

    A blank cell of CSV and what a line of JSON lacks are null; a number in JSON stays as it is spelled. Only cells of
    `lists` hold more than one value; of JSON lines they become the list's JSON. Raises an Arrow error or OSError for a
    file that is not what `format` says; preflight tells what is wrong with it.
    """
    yield from READERS[find_form(path, format)](path, columns, lists)


def read_header(path: str, format: str) -> list[str]:
    """Return the names of the columns; those of JSON lines and tf.Examples are the ones in the first megabytes."""
    if find_form(path, format) == "csv":
        # What is not UTF-8 is for preflight to name.
        with open_bytes(path), open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            return next(filter(None, csv.reader(file)), [])
    if format == "parquet":
        with open_parquet(path) as file:
            return list(file.schema_arrow.names)
    return next((batch.schema.names for batch in read(path, format)), [])


def open_parquet(path: str) -> parquet.ParquetFile:
    """Open a Parquet file; raise an Arrow error or OSError when it is none."""
    # pyarrow before 14.0.1 runs code that a Parquet file brings along (CVE-2023-47248); this import forbids it.
    with contextlib.suppress(ImportError):
        import pyarrow_hotfix  # noqa: F401
    try:
        return parquet.ParquetFile(path, buffer_size=BUFFER)
    except (RuntimeError, ValueError) as error:  # the import's own; Arrow's is a ValueError, too
        raise pa.ArrowInvalid(str(error).strip()) from error


def _read_csv(path: str, columns: Sequence[str] | None, lists: Collection[str]) -> Iterator[pa.RecordBatch]:
    names = list(columns or read_header(path, "csv"))
    yield from arrow_csv.open_csv(
        path,
        arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=names,
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _read_parquet(path: str, columns: Sequence[str] | None, lists: Collection[str]) -> Iterator[pa.RecordBatch]:
    with open_parquet(path) as file:
        names = list(columns or file.schema_arrow.names)
        for batch in file.iter_batches(max(1, CELLS // len(names)), columns=names, use_threads=False):
            # They come in the order of the file.
            yield pa.RecordBatch.from_arrays(
                [batch.column(batch.schema.get_field_index(name)) for name in names], names
            )


def _read_jsonl(path: str, columns: Sequence[str] | None, lists: Collection[str]) -> Iterator[pa.RecordBatch]:
    read = 0
    with open_bytes(path) as file:
        while lines := file.readlines(BLOCK):
            rows = [_parse(line, f"{path}:{row}", lists) for row, line in enumerate(lines, read + 1) if line.strip()]
            names = list(columns or dict.fromkeys(name for row in rows for name in row))
            cells = [pa.array([row.get(name) for row in rows], pa.string()) for name in names]
            yield pa.RecordBatch.from_arrays(cells, names)
            read += len(lines)


def _parse(line: bytes, where: str, lists: Collection[str]) -> dict[str, str | None]:
    try:
        row = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        cells = {
            name: json.dumps(value, ensure_ascii=False)
            if name in lists and isinstance(value, list)
            else _spell(value, f"{where}:{name}")
            for name, value in row.items()
        }
        "".join(filter(None, (*cells, *cells.values()))).encode()
    except AttributeError:
        raise DataRejected("The line is not a JSON object.", where, 'Write one like {"fare": 3.5} a line.') from None
    except (ValueError, RecursionError) as error:
        raise DataRejected(f"The line is not JSON in UTF-8: {error}.", where, "Correct the line.") from None
    return cells


def _spell(value: Any, where: str) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        raise DataRejected(
            f"The value is {kind}; a cell is one text, number, true, false or null.", where, "Flatten it."
        )
    return value


READERS = {
    "csv": _read_csv,
    "parquet": _read_parquet,
    "jsonl": _read_jsonl,
    "tfrecord": read_records,
    "images": read_images,
    "text": read_texts,
    "lines": read_lines,
}
