"""Parquet files, whose columns have types of their own."""

import contextlib
import os
from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from components.readers.file_format import PIECES, Batches, FileFormat, Names
from components.readers.partitions import add_columns
from components.readers.ranges import Range, count_cuts
from components.readers.suffixes import SUFFIXES

if TYPE_CHECKING:
    from pyarrow import parquet

BUFFER = 1 << 16  # bytes of a column; without, all that a row group has of it
CELLS = 1 << 20
CELL = 8  # bytes, about, as text


class Parquet(FileFormat):
    """Rows counted from 1, in columns of their own types."""

    title = "Parquet"
    suffixes = scored = SUFFIXES["parquet"]

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        with open_parquet(path) as file:
            held = file.schema_arrow
            names = list(columns or held.names)
            for batch in file.iter_batches(max(1, CELLS // max(1, len(names))), columns=names, use_threads=False):
                yield batch if columns else pa.RecordBatch.from_arrays(batch.columns, schema=held)
            if not file.metadata.num_rows:
                yield pa.RecordBatch.from_pylist([], held)

    def iterate_range(self, part: Range, columns: Names) -> Batches:
        with open_parquet(part.path) as file:
            names = list(columns or file.schema_arrow.names)
            groups = list(range(part.start, part.stop or 0))
            rows = max(1, CELLS // max(1, len(names)))
            yield from file.iter_batches(rows, row_groups=groups, columns=names, use_threads=False)

    def cut(self, path: str) -> list[tuple[Range, int]]:
        size = os.path.getsize(path)
        with self.refusing(path), open_parquet(path) as file:
            weights = [file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups)]
        cuts = min(count_cuts(size), len(weights))
        if cuts < 2:
            return super().cut(path)
        before = np.cumsum([0, *weights]) / max(1, sum(weights))
        ends = sorted({*np.searchsorted(before, np.arange(1, cuts) / cuts).tolist(), len(weights)} - {0})
        return [
            (Range(path, start, stop), int(size * (before[stop] - before[start])))
            for start, stop in pairwise([0, *ends])
        ]

    def name_columns(self, path: str) -> list[str]:
        with open_parquet(path) as file:
            return list(file.schema_arrow.names)

    def measure_text(self, path: str) -> int:
        with self.refusing(path), open_parquet(path) as file:
            return file.metadata.num_rows * file.metadata.num_columns * CELL

    def sample_batches(self, path: str, share: float, lists: Collection[str] = ()) -> Batches:
        with self.refusing(path), open_parquet(path) as file:
            groups = sorted(set(np.linspace(0, file.num_row_groups - 1, PIECES, dtype=int).tolist()))
            rows = max(1, int(file.metadata.num_rows * share / len(groups)))
            around = self.name_around(path)
            for group in groups:
                yield add_columns(next(file.iter_batches(rows, row_groups=[group])), around)


def open_parquet(path: str) -> "parquet.ParquetFile":
    """Open a Parquet file; raise an Arrow error or OSError when it is none."""
    # pyarrow before 14.0.1 runs code that a Parquet file brings along (CVE-2023-47248); this import forbids it.
    with contextlib.suppress(ImportError):
        import pyarrow_hotfix  # noqa: F401
    from pyarrow import parquet  # only here: it loads every file system that Arrow knows, and OpenSSL

    try:
        return parquet.ParquetFile(path, buffer_size=BUFFER)
    except (RuntimeError, ValueError) as error:  # the import's own; Arrow's is a ValueError, too
        raise pa.ArrowInvalid(str(error).strip()) from error
