"""Typed Arrow batches as tf.Examples: what is trained on, and what a served model is asked with."""

import numpy as np
import pyarrow as pa
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder


def encode_examples(batch: pa.RecordBatch) -> list[bytes]:
    """Return a serialized tf.Example for each row; a null is a feature that is absent."""
    return RecordBatchToExamplesEncoder().encode(list_cells(batch))


def list_cells(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch as tf.Examples are decoded: each cell a list, of one or of several, or null."""
    return pa.RecordBatch.from_arrays([_list_cells(column) for column in batch.columns], batch.schema.names)


def _list_cells(column: pa.Array) -> pa.LargeListArray:
    if pa.types.is_large_list(column.type):
        return column
    if pa.types.is_list(column.type):
        return column.cast(pa.large_list(_binary(column.type.value_type)))
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(valid)])
    offsets = pa.array(ends, pa.int64(), mask=np.append(~valid, False))
    cells = column.drop_null()
    return pa.LargeListArray.from_arrays(offsets, cells.cast(_binary(cells.type)))


def _binary(kind: pa.DataType) -> pa.DataType:
    return pa.large_binary() if pa.types.is_string(kind) or pa.types.is_binary(kind) else kind
