"""Between Arrow batches, each cell a list, and TensorFlow's tensors."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import tensorflow as tf


def to_sparse(batch: pa.RecordBatch, kinds: Mapping[str, tf.DType]) -> dict[str, tf.SparseTensor]:
    """Return the columns of `kinds` as they would be parsed from tf.Examples; one that is not there holds nothing."""
    return {name: _to_sparse(batch, name, dtype) for name, dtype in kinds.items()}


def from_dense(tensors: Mapping[str, np.ndarray]) -> pa.RecordBatch:
    """Return arrays [batch, ...] as columns, in whose cells the numbers of a row lie one behind the other."""
    return pa.RecordBatch.from_arrays([_list_rows(values) for values in tensors.values()], list(tensors))


def _to_sparse(batch: pa.RecordBatch, name: str, dtype: tf.DType) -> tf.SparseTensor:
    place = batch.schema.get_field_index(name)
    if place < 0 or pa.types.is_null(batch.column(place).type):
        return tf.sparse.from_dense(tf.zeros([len(batch), 0], dtype))
    column = batch.column(place)
    counts = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(batch)), counts)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    values = column.flatten().to_numpy(zero_copy_only=False)
    shape = [len(batch), int(counts.max(initial=0))]
    return tf.SparseTensor(np.stack([rows, places], axis=1), tf.constant(values, dtype), shape)


def _list_rows(values: np.ndarray) -> pa.LargeListArray:
    width = int(np.prod(values.shape[1:]))
    return pa.LargeListArray.from_arrays(np.arange(len(values) + 1) * width, pa.array(values.ravel()))
