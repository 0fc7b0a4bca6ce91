"""Examples read as few, large Arrow batches, where TFX reads them row by row: what Beam does, it does for each element.

TFX's executors offer no way to say how Examples are read; while one of ours is at work, what they all open them with
returns the reader of this module.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import apache_beam as beam
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.io import fileio
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord
from tfx_bsl.tfxio.tfxio import TFXIO

from components.examples.batches import read_batches
from components.patches.ledger import LARGE_BATCHES, applied


def large_batches(rows: int) -> AbstractContextManager[None]:
    """Lets TFX's executors read tf.Examples in batches of `rows`; with a TFX that is not tested, as ever."""

    def enlarge(make: Callable[..., TFXIO]) -> Callable[..., TFXIO]:
        def make_large(*arguments: Any, **options: Any) -> TFXIO:
            found = make(*arguments, **options)
            return LargeBatches.like(found, rows) if type(found) is TFExampleRecord else found

        return make_large

    return applied(LARGE_BATCHES, make_tfxio=enlarge)


class LargeBatches(TFExampleRecord):
    """TFX's reader of tf.Examples, by batches of `rows`."""

    @classmethod
    def like(cls, reader: TFExampleRecord, rows: int) -> "LargeBatches":
        """Returns what reads what another reads."""
        made = cls(reader._file_pattern, schema=reader._schema, raw_record_column_name=reader.raw_record_column_name)
        made.rows = rows
        return made

    def BeamSource(self, batch_size: int | None = None) -> beam.PTransform:
        """Returns the transform that reads the files, by `rows` whatever `batch_size` is asked for."""
        files = sorted(file for pattern in self._file_pattern for file in fileio.glob(pattern))
        schema = self._schema.SerializeToString() if self._schema else None
        return Read(files, ReadBatches(self.rows, schema, self.raw_record_column_name))


class Read(beam.PTransform):
    """From nothing to the batches of some files."""

    def __init__(self, files: Sequence[str], read: beam.DoFn) -> None:
        super().__init__()
        self.files, self.read = files, read

    def expand(self, start: beam.pvalue.PBegin) -> beam.PCollection:
        read = beam.ParDo(self.read).with_output_types(pa.RecordBatch)
        return start | beam.Create(self.files) | beam.Reshuffle() | read


class ReadBatches(beam.DoFn):
    """A file to its batches; the schema travels serialized, as messages do not."""

    def __init__(self, rows: int, schema: bytes | None, raw_record_column: str | None) -> None:
        self.rows, self.schema, self.raw_record_column = rows, schema, raw_record_column

    def process(self, file: str) -> Iterator[pa.RecordBatch]:
        """Yield the batches in order."""
        schema = schema_pb2.Schema.FromString(self.schema) if self.schema else None
        yield from read_batches(file, self.rows, schema, self.raw_record_column)
