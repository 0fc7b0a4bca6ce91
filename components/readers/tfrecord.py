"""TFRecord files of tf.Examples read into Arrow batches."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.readers.content_kind import recognise
from components.readers.data_file import BLOCK, find_compression, open_content
from components.readers.file_format import Batches, FileFormat, Names
from components.readers.row_batch import Fault
from components.readers.suffixes import SUFFIXES
from configs.errors import DataRejected

RECORDS = 1 << 10
HEADER = 12  # bytes before a record: its length, and a checksum of that


class TFRecord(FileFormat):
    """Examples counted from 1, each a row; a feature of one value is a cell, and one of several a list.

    The files are gzipped where their names say so.
    """

    title = "TFRecords of tf.Examples"
    suffixes = scored = SUFFIXES["tfrecord"]
    is_uniform = False

    def require_content(self, path: str) -> None:
        super().require_content(path)
        if (kind := find_compression(path)) not in (None, "gzip"):
            what = f"The name says that the file is compressed by {kind}; {self.title} may be by gzip."
            raise DataRejected(what, path, "Unpack it.")
        with open_content(path) as file:
            head = file.read(HEADER)
            if found := recognise(head):
                remedy = "Let its name end with .tfrecord.gz." if "gzip" in found[0] else found[1]
                raise DataRejected(f"This is {found[0]}, not {self.title}.", path, remedy)
            record = file.read(min(BLOCK, int.from_bytes(head[:8], "little")))
        if 2 in _list_fields(record):
            what = "The records are SequenceExamples; tf.Examples are read, which may hold lists."
            raise DataRejected(what, path, "Write each as a tf.Example, and read its lists as kind sequence.")

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        import tensorflow as tf  # takes seconds, and no other format needs it
        from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

        records = tf.data.TFRecordDataset(path, "GZIP" if find_compression(path) else "").batch(RECORDS)
        decoder, read = ExamplesToRecordBatchDecoder(), 0
        try:
            for serialized in records.as_numpy_iterator():
                batch = decoder.DecodeBatch(serialized.tolist())
                held = dict(zip(batch.schema.names, batch.columns, strict=True))
                cells = {name: held.get(name, pa.nulls(len(batch))) for name in columns or held}
                for name in cells:
                    if columns is None or name not in lists:
                        cells[name], longer = _take_single(cells[name])
                        if longer is not None and columns is not None:
                            what = "The feature holds several values; only one of kind sequence may."
                            fault = Fault(path, read + longer + 1, name, what, remedy="Correct its kind, or the file.")
                            raise fault.refuse()
                yield pa.RecordBatch.from_arrays(list(cells.values()), list(cells))
                read += len(batch)
        except (tf.errors.OpError, RuntimeError, ValueError) as error:
            raise pa.ArrowInvalid(str(error)) from error


def _list_fields(message: bytes) -> list[int]:
    """Return the numbers of a serialized message's fields that hold bytes, in order, up to what is none of these."""
    fields, at = [], 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        size, at = _read_varint(message, at)
        if tag % 8 != 2:
            break
        fields.append(tag // 8)
        at += size
    return fields


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number as protocol buffers have it, and where the next one begins."""
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            break
    return value, at


def _take_single(cells: pa.Array) -> tuple[pa.Array, int | None]:
    """Return the value that each list holds, null where it holds none; or the lists, and the row that holds more."""
    if pa.types.is_null(cells.type):
        return pa.nulls(len(cells), pa.string()), None
    counts = pc.list_value_length(cells).fill_null(0).to_numpy(zero_copy_only=False)
    if (counts > 1).any():
        return cells, int((counts > 1).argmax())
    return cells.flatten().take(pa.array(np.cumsum(counts) - 1, pa.int64(), mask=counts == 0)), None
