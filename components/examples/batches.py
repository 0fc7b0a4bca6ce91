"""The rows of a split as few, large Arrow batches: what Beam does, it does for each element."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx_bsl.tfxio.dataset_options import RecordBatchesOptions
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from components.examples.shards import MEMORY, find_columns, read_columns
from components.validation.typed_batch import join

ROWS = 10_000  # of a batch, at most
BYTES = 1 << 22  # of a batch on the disk, where it takes a tenth of what it takes in memory


def list_shards(examples: types.Artifact, split: str) -> list[str]:
    """Return the files that hold the tf.Examples of a split, in order."""
    return sorted(fileio.glob(f"{artifact_utils.get_split_uri([examples], split)}/*"))


def count_rows(examples: Sequence[types.Artifact]) -> int:
    """Return how many rows go into a batch, so that neither many nor wide ones exhaust the memory."""
    rows = size = 0
    for artifact in examples:
        for split in artifact_utils.decode_split_names(artifact.split_names):
            rows += artifact.get_int_custom_property(f"rows_{split}")
            size += sum(tf.io.gfile.stat(file).length for file in list_shards(artifact, split))
    return max(1, min(ROWS, BYTES * rows // max(1, size)))


def read_batches(
    shard: str, rows: int, schema: schema_pb2.Schema | None = None, raw_record_column: str | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield a shard by batches of `rows`, from its columns where it has such, else from its tf.Examples.

    With a schema its columns alone; with a `raw_record_column` the tf.Examples too, under that name.
    """
    records = TFExampleRecord(shard, schema=schema, raw_record_column_name=raw_record_column)
    if raw_record_column or not fileio.exists(find_columns(shard)):
        yield from records.RecordBatches(RecordBatchesOptions(rows, num_epochs=1, shuffle=False))
    else:
        yield from read_columns(shard, records.ArrowSchema() if schema else None, rows)


def join_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in fewer batches, of at most ROWS or about MEMORY.

    What each column of each batch costs in Python is so shared by many rows even where rows are wide.
    """
    held: list[pa.RecordBatch] = []
    count = size = 0
    for batch in batches:
        if held and (count + len(batch) > ROWS or size > MEMORY):
            yield join(held)
            held, count, size = [], 0, 0
        held.append(batch)
        count, size = count + len(batch), size + batch.nbytes
    if held:
        yield join(held)
