"""The rows of one file that belong to one split, kept twice: as tf.Examples, and as columns, read ten times as fast."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pyarrow as pa
import tensorflow as tf
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from pyarrow import parquet
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.examples.tf_example import encode_in_order, list_cells
from components.validation.typed_batch import fit, join
from trainer.training.split_files import COLUMNS, EXAMPLES, find_columns

GZIP = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
MEMORY = 1 << 24  # bytes of rows that are handled at once


class Shard:
    """Writes a shard into folders that are there; it appears under its name when it is whole."""

    def __init__(self, path: str, staging: str) -> None:
        self.path = path
        self.drafts = [os.path.join(staging, uuid4().hex) for _ in (EXAMPLES, COLUMNS)]
        self.examples = tf.io.TFRecordWriter(self.drafts[0], GZIP)
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
        for example in encode_in_order(cells):
            self.examples.write(example)
        if self.columns is None:
            self.file = FileSystems.create(self.drafts[1], compression_type=CompressionTypes.UNCOMPRESSED)
            self.columns = parquet.ParquetWriter(self.file, cells.schema)
        self.columns.write_table(pa.Table.from_batches([cells]))

    def close(self) -> None:
        """Put the files into their places."""
        if self.held:
            self._flush()
        self.examples.close()
        if self.columns is not None:
            self.columns.close()
            self.file.close()
            fileio.rename(self.drafts[1], find_columns(self.path))
        fileio.rename(self.drafts[0], self.path)


@contextmanager
def staged(examples: types.Artifact) -> Iterator[str]:
    """Make the folders of the shards of each split, empty; yield that for those that are not whole yet."""
    staging = os.path.join(examples.uri, "staging")
    splits = artifact_utils.decode_split_names(examples.split_names)
    names = [f"{kind}{split}" for split in splits for kind in (EXAMPLES, COLUMNS)]
    for folder in (staging, *(os.path.join(examples.uri, name) for name in names)):
        if fileio.exists(folder):
            fileio.rmtree(folder)
        fileio.makedirs(folder)
    yield staging
    fileio.rmtree(staging)


def read_columns(examples: str, schema: pa.Schema | None, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield a shard by batches of `rows`; with a schema its columns, null where the shard has none of that name."""
    with FileSystems.open(find_columns(examples), compression_type=CompressionTypes.UNCOMPRESSED) as stream:
        file = parquet.ParquetFile(stream)
        held = dict.fromkeys(file.schema_arrow.names)  # asked once, since Arrow makes the schema anew at each call
        present = [name for name in (schema.names if schema else held) if name in held]
        for batch in file.iter_batches(rows, columns=present, use_threads=False):
            yield batch if schema is None else fit(batch, schema)
