"""Rows are told apart by what their cells hold: one by one, and in any batch."""

import numpy as np
import pytest
import tensorflow as tf

from components.examples.tensors import from_dense, to_cells
from configs.schema.features import Categorical, Numeric
from tests.trainer.rows import FEATURES, TRAINING, parse
from trainer.features.cells import NUMBERS, from_examples
from trainer.features.identity import identify

OTHERS = {tf.float32: [7.5], tf.int64: [4], tf.string: [b"other"]}


def tell(rows):
    return identify(from_examples(FEATURES, parse(rows))).numpy()


def alter(row, name):
    """The row with another value in a column."""
    kind = parse([row])[name].dtype
    return {**row, name: OTHERS[kind]}


def test_a_row_has_its_number_in_any_batch():
    whole = tell(TRAINING)
    assert (whole.dtype, whole.shape) == (np.int64, (len(TRAINING), 1))
    assert [int(tell([row])[0, 0]) for row in TRAINING] == whole.ravel().tolist()
    assert len(set(whole.ravel())) == len(TRAINING)


def test_each_feature_tells_rows_apart_and_nothing_else_does():
    row = TRAINING[1]
    others = [alter(row, name) for name in FEATURES]
    assert len(set(tell([row, *others]).ravel())) == 1 + len(FEATURES)
    assert tell([alter(row, "label")]) == tell([row])


def test_lists_are_told_apart_by_where_their_numbers_part():
    lists = [[1, 23], [12, 3], [1, 2, 3], [123], []]
    assert len(set(tell([{**TRAINING[0], "clicks": clicks} for clicks in lists]).ravel())) == len(lists)


@pytest.mark.parametrize(("one", "other"), [(1e9, 1e9 + 64), (0.0, 1e-30), (1.0, 1 + 2**-23), (np.nan, 0.0)])
def test_numbers_are_told_apart_to_the_last_bit(one, other):
    cells = {NUMBERS: tf.constant([[one], [other], [one]], tf.float32)}
    found = identify(cells).numpy().ravel()
    assert found[0] == found[2] != found[1]


def test_rows_are_alike_as_columns_and_as_examples():
    features = {"a": Numeric(kind="numeric"), "b": Categorical(kind="categorical", hash=9)}
    numbers, texts = np.array([[0.1], [-3e7], [5.0]], "float32"), np.array([[b"x"], [b""], ["größe".encode()]], object)
    parsed = {"a": tf.sparse.from_dense(numbers), "b": tf.sparse.from_dense(texts)}
    there = identify(to_cells(features, from_dense({"a": numbers, "b": texts}))).numpy()
    assert (there == identify(from_examples(features, parsed)).numpy()).all()
