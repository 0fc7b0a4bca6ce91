"""Between Arrow batches, each cell a list, and TensorFlow's tensors."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import tensorflow as tf

from configs.schema.features import Feature
from trainer.features.cells import ABSENT, NUMBERS, Cells, find_type, holds_list, list_names

HELD: Mapping[tf.DType, type] = {tf.float32: np.float32, tf.int64: np.int64, tf.string: object}


def to_cells(features: Mapping[str, Feature], batch: pa.RecordBatch) -> Cells:
    """Return the cells of features as they would be of parsed tf.Examples."""
    found: Cells = {}
    for dtype in ABSENT:
        names = list_names(features, dtype)
        matrix = _lay_out(batch, names, dtype)
        if dtype == tf.float32:
            found |= {NUMBERS: tf.constant(matrix)} if names else {}
        else:
            found |= {name: tf.constant(matrix[:, [place]], dtype) for place, name in enumerate(names)}
    lists = {name: find_type(feature) for name, feature in features.items() if holds_list(feature)}
    return found | to_sparse(batch, lists)


def to_sparse(batch: pa.RecordBatch, kinds: Mapping[str, tf.DType]) -> dict[str, tf.SparseTensor]:
    """Return the columns of `kinds` as they would be parsed from tf.Examples; one that is not there holds nothing."""
    found = {}
    for name, dtype in kinds.items():
        counts, values = _read(batch, name, dtype)
        rows = np.repeat(np.arange(len(batch)), counts)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        shape = [len(batch), int(counts.max(initial=0))]
        found[name] = tf.SparseTensor(np.stack([rows, places], axis=1), tf.constant(values, dtype), shape)
    return found


def from_dense(tensors: Mapping[str, np.ndarray]) -> pa.RecordBatch:
    """Return arrays [batch, ...] as columns, in whose cells the numbers of a row lie one behind the other."""
    return pa.RecordBatch.from_arrays([_list_rows(values) for values in tensors.values()], list(tensors))


def _lay_out(batch: pa.RecordBatch, names: list[str], dtype: tf.DType) -> np.ndarray:
    """Return [batch, columns] of columns of at most one value a row."""
    absent = b"" if dtype == tf.string else ABSENT[dtype]
    cells: np.ndarray = np.full((len(batch), len(names)), absent, HELD[dtype], order="F")
    for place, name in enumerate(names):
        counts, values = _read(batch, name, dtype)
        cells[np.flatnonzero(counts), place] = values
    return cells


def _read(batch: pa.RecordBatch, name: str, dtype: tf.DType) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values each cell of a column holds, and the values; none where there is no such column."""
    place = batch.schema.get_field_index(name)
    if place < 0 or pa.types.is_null(batch.column(place).type):
        return np.zeros(len(batch), np.int64), np.zeros(0, HELD[dtype])
    column = batch.column(place)
    counts = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return counts, column.flatten().to_numpy(zero_copy_only=False)


def _list_rows(values: np.ndarray) -> pa.LargeListArray:
    width = int(np.prod(values.shape[1:]))
    return pa.LargeListArray.from_arrays(np.arange(len(values) + 1) * width, pa.array(values.ravel()))
