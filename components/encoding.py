"""Typed Arrow batches as tf.Examples: what is trained on, and what a served model is asked with."""

import numpy as np
import pyarrow as pa
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder


def encode_examples(batch: pa.RecordBatch) -> list[bytes]:
    """Return a serialized tf.Example for each row; a null is a feature that is absent."""
    columns = [_wrap_cells(column) for column in batch.columns]
    return RecordBatchToExamplesEncoder().encode(pa.RecordBatch.from_arrays(columns, batch.schema.names))


def _wrap_cells(column: pa.Array) -> pa.ListArray:
    if pa.types.is_list(column.type):
        return column
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(valid)])
    offsets = pa.array(ends, pa.int32(), mask=np.append(~valid, False))
    cells = column.drop_null()
    return pa.ListArray.from_arrays(offsets, cells.cast(pa.binary()) if pa.types.is_string(cells.type) else cells)
