"""The label and the weight of a row, beside what a model sees of it."""

import tensorflow as tf

from tests.trainer.conftest import LABELS
from trainer.features.identity import CLIENT
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing, dense, mark
from trainer.settings import Columns


def test_dense_puts_what_is_missing_in_place():
    values = tf.sparse.from_dense([[3.0], [0.0]])
    assert dense(values, -1.0).numpy().tolist() == [[3.0], [-1.0]]


def test_several_classes_at_once_are_marked_in_a_row_each():
    ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([0, 2, 1], tf.int64), [3, 2])
    assert mark(ids, 3).numpy().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_where_no_row_has_any_class_none_is_marked():
    assert mark(tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], tf.int64), [2, 0]), 2).shape == (2, 2)


def test_a_row_is_known_by_its_client():
    columns = Columns(features={}, label=LABELS["binary"], clients="hospital")
    assert columns.others == ["label", "hospital"]
    owners = tf.sparse.from_dense([["north"], ["south"], ["north"], [""]])  # the last has no cell
    labels = tf.SparseTensor([[row, 0] for row in range(4)], tf.ones([4], tf.int64), [4, 1])
    made = Preprocessing(columns, Learnt({}, {}, {})).prepare({}, {"label": labels, "hospital": owners})
    first, second, third, blank = made[CLIENT].numpy()[:, 0].tolist()
    assert first == third
    assert len({first, second, blank}) == 3
