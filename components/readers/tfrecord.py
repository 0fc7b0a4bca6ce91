"""TFRecord files of tf.Examples read into Arrow batches."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.readers.file_format import Batches, FileFormat, Names
from components.readers.row_batch import Fault
from components.readers.suffixes import SUFFIXES

RECORDS = 1 << 10


class TFRecord(FileFormat):
    """Examples counted from 1, each a row; a feature of one value is a cell, and one of several a list.

    The files are gzipped where their names say so.
    """

    title = "TFRecords of tf.Examples"
    suffixes = scored = SUFFIXES["tfrecord"]
    is_uniform = False

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        import tensorflow as tf  # takes seconds, and no other format needs it
        from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

        records = tf.data.TFRecordDataset(path, "GZIP" if path.endswith(".gz") else "").batch(RECORDS)
        decoder, read = ExamplesToRecordBatchDecoder(), 0
        try:
            for serialized in records.as_numpy_iterator():
                batch = decoder.DecodeBatch(serialized.tolist())
                held = dict(zip(batch.schema.names, batch.columns, strict=True))
                cells = {name: held.get(name, pa.nulls(len(batch))) for name in columns or held}
                for name in cells:
                    if name not in lists:
                        cells[name], longer = _take_single(cells[name])
                        if longer is not None and columns is not None:
                            what = "The feature holds several values; only one of kind sequence may."
                            fault = Fault(path, read + longer + 1, name, what, remedy="Correct its kind, or the file.")
                            raise fault.refuse()
                yield pa.RecordBatch.from_arrays(list(cells.values()), list(cells))
                read += len(batch)
        except (tf.errors.OpError, RuntimeError, ValueError) as error:
            raise pa.ArrowInvalid(str(error)) from error


def _take_single(cells: pa.Array) -> tuple[pa.Array, int | None]:
    """Return the value that each list holds, null where it holds none; or the lists, and the row that holds more."""
    if pa.types.is_null(cells.type):
        return pa.nulls(len(cells), pa.string()), None
    counts = pc.list_value_length(cells).fill_null(0).to_numpy(zero_copy_only=False)
    if (counts > 1).any():
        return cells, int((counts > 1).argmax())
    return cells.flatten().take(pa.array(np.cumsum(counts) - 1, pa.int64(), mask=counts == 0)), None
