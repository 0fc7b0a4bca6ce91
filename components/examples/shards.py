"""The rows of one file that belong to one split, kept twice: as tf.Examples, and as columns, read ten times as fast."""

import gzip
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from components.examples.tf_example import encode_in_order, list_cells
from components.readers.record_frame import frame
from components.validation.typed_batch import fit, join
from trainer.training.split_files import COLUMNS, EXAMPLES, find_columns

LEVEL = 1  # of gzip: a fourth of the time that 6 takes
MEMORY = 1 << 24  # bytes of rows that are handled at once


class Shard:
    """Writes a shard into folders that are there; it appears under its name when it is whole."""

    def __init__(self, path: str, staging: str) -> None:
        self.path = path
        self.drafts = [os.path.join(staging, uuid4().hex) for _ in (EXAMPLES, COLUMNS)]
        self.file = open(self.drafts[0], "wb")  # noqa: SIM115 (as long as rows come)
        # Neither name nor time stands in it, so that equal rows are equal files.
        self.examples = gzip.GzipFile("", "wb", LEVEL, self.file, mtime=0)
        self.columns: parquet.ParquetWriter | None = None
        self.held: list[pa.RecordBatch] = []  # so that the files' blocks are large where a batch of wide rows is small
        self.size = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        self.held.append(batch)
        self.size += batch.nbytes
        if self.size > MEMORY:
            self._flush()

    def _flush(self) -> None:
        cells = list_cells(join(self.held))
        self.held, self.size = [], 0
        self.examples.write(b"".join(map(frame, encode_in_order(cells))))
        self.columns = self.columns or parquet.ParquetWriter(self.drafts[1], cells.schema)
        self.columns.write_table(pa.Table.from_batches([cells]))

    def close(self) -> None:
        """Put the files into their places."""
        if self.held:
            self._flush()
        self.examples.close()
        self.file.close()
        if self.columns is not None:
            self.columns.close()
            os.replace(self.drafts[1], find_columns(self.path))
        os.replace(self.drafts[0], self.path)


@contextmanager
def staged(folder: str, splits: Sequence[str]) -> Iterator[str]:
    """Make the folders of the shards of each split, empty; yield that for those that are not whole yet."""
    staging = os.path.join(folder, "staging")
    names = [f"{kind}{split}" for split in splits for kind in (EXAMPLES, COLUMNS)]
    for made in (staging, *(os.path.join(folder, name) for name in names)):
        shutil.rmtree(made, ignore_errors=True)
        os.makedirs(made)
    yield staging
    shutil.rmtree(staging)


def read_columns(examples: str, schema: pa.Schema | None, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield a shard by batches of `rows`; with a schema its columns, null where the shard has none of that name."""
    with parquet.ParquetFile(find_columns(examples)) as file:
        held = dict.fromkeys(file.schema_arrow.names)  # asked once, since Arrow makes the schema anew at each call
        present = [name for name in (schema.names if schema else held) if name in held]
        for batch in file.iter_batches(rows, columns=present, use_threads=False):
            yield batch if schema is None else fit(batch, schema)
