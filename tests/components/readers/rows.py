"""Rows of files, as training and as scoring read them."""

import bz2
import csv
import gzip
import io

import pyarrow as pa
import zstandard
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


CELLS = [["name", "price"], ["Zoë; \"the\", 'first'", "1,5"], ["a\nb|c\td", ""], ["", "7"], ["ÄÖÜ", "-3,25"]]
SQUEEZE = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstandard.compress}


def write_table(path, dialect, rows=None):
    """Write rows of the dialect; the first names the columns, unless the dialect does."""
    text = io.StringIO(newline="")
    signs = {"quotechar": dialect.quote} if dialect.quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    given = (rows or CELLS)[bool(dialect.header) :]
    csv.writer(text, delimiter=dialect.delimiter, lineterminator="\r\n", **signs).writerows(given)
    content = text.getvalue()
    if dialect.comment:
        content = f"{dialect.comment} made by hand\r\n{content}{dialect.comment} the end\r\n"
    path.write_bytes(SQUEEZE.get(path.suffix, bytes)(content.encode(dialect.encoding)))
    return str(path)
