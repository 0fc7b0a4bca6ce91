"""Rows of files, as training and as scoring read them."""

import pyarrow as pa
from pyarrow import parquet

from components.readers.formats import FORMATS, find_scored


def rows(path, format, columns=None, lists=()):
    return [row for batch in FORMATS[format].read_batches(str(path), columns, lists) for row in batch.to_pylist()]


TABLE = pa.table(
    {
        "count": pa.array([0, None, 7]),
        "share": pa.array([0.0, None, 0.5]),
        "name": pa.array(["", None, "a"]),
        "seen": pa.array([False, None, True]),
    }
)


def write_parquet(path, table=TABLE, **options):
    parquet.write_table(table, path, **options)
    return str(path)


def read(path):
    return find_scored(str(path)).read_rows(str(path))


def gathered(path):
    """The numbers and records of a file's sound rows, and the numbers and reasons of the others."""
    batches = list(read(path))
    numbers = [number for batch in batches for number in batch.numbers]
    records = [record for batch in batches for record in batch.records]
    return numbers, records, [(fault.number, fault.reason) for batch in batches for fault in batch.faults]
