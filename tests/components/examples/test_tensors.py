"""Arrow batches as TensorFlow's tensors, held against what TensorFlow parses of the tf.Examples of the same rows."""

import numpy as np
import pyarrow as pa
import tensorflow as tf

from components.examples.tensors import from_dense, to_cells, to_sparse
from components.examples.tf_example import encode_examples
from tests.trainer.rows import FEATURES, TRAINING, type_of
from trainer.features.cells import from_examples

ARROW = {tf.string: pa.large_binary(), tf.float32: pa.float32(), tf.int64: pa.int64()}
BATCH = pa.RecordBatch.from_arrays(
    [pa.array([row[name] or None for row in TRAINING], pa.large_list(ARROW[type_of(name)])) for name in TRAINING[0]],
    list(TRAINING[0]),
)


def parsed(batch):
    spec = {name: tf.io.VarLenFeature(type_of(name)) for name in TRAINING[0]}
    return tf.io.parse_example(encode_examples(batch), spec)


def assert_alike(found, known):
    assert found.keys() == known.keys()
    for name, cell in known.items():
        assert found[name].dtype == cell.dtype
        if isinstance(cell, tf.SparseTensor):
            np.testing.assert_array_equal(found[name].indices, cell.indices)
            np.testing.assert_array_equal(found[name].values, cell.values)
            np.testing.assert_array_equal(found[name].dense_shape, cell.dense_shape)
        else:
            np.testing.assert_array_equal(found[name], cell)


def test_columns_are_as_they_are_parsed():
    assert_alike(to_sparse(BATCH, {name: type_of(name) for name in TRAINING[0]}), dict(parsed(BATCH)))


def test_cells_are_those_of_parsed_columns():
    assert_alike(to_cells(FEATURES, BATCH), from_examples(FEATURES, parsed(BATCH)))


def test_a_slice_of_a_batch_is_its_own_rows():
    part = BATCH.slice(1, 2)
    assert_alike(to_cells(FEATURES, part), from_examples(FEATURES, parsed(part)))


def test_a_column_that_is_not_there_holds_nothing():
    part = pa.RecordBatch.from_arrays([BATCH.column(0), pa.nulls(4)], ["scaled", "plain"])
    cells = to_cells(FEATURES, part)
    assert cells["the/colour"].numpy().tolist() == [[b""]] * 4
    assert cells["past"].shape == (4, 0)
    assert np.isnan(cells["all.numbers"][:, 1:]).all()


def test_tensors_become_a_list_for_each_row():
    batch = from_dense({"id": np.array([[1], [2]]), "image": np.arange(8.0, dtype="float32").reshape(2, 2, 2)})
    assert batch.to_pydict() == {"id": [[1], [2]], "image": [[0, 1, 2, 3], [4, 5, 6, 7]]}
