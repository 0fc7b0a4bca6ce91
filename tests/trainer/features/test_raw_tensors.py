"""Features as tensors: what they are called, and what is missing."""

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.features import Boolean, Categorical, Image, Numeric, Steps, Timestamp
from trainer.features.raw_tensors import gather, list_tensors, name_inputs, spread

FEATURES = {
    "fare": Numeric(kind="numeric"),
    "company": Categorical(kind="categorical", vocabulary=5),
    "member": Boolean(kind="boolean"),
    "at": Timestamp(kind="timestamp"),
    "photo": Image(kind="image", height=2, width=2),
    "pixels": Image(kind="image", height=1, width=1, channels=1, columns=("a",)),
    "past": Steps(kind="sequence", length=3),
    "clicks": Steps(kind="sequence", length=3, ids=9),
}
TYPES = dict(
    zip(FEATURES, ["float32", "string", "int64", "int64", "string", "float32", "float32", "int64"], strict=True)
)
SPEC = {name: tf.io.VarLenFeature(dtype) for name, dtype in TYPES.items()}


def test_a_name_is_kept_where_it_is_an_identifier():
    named = name_inputs(["trip_miles", "a b", "a_b", "a/b", "größe", "1st", "_hidden", "self", "class", "%"])
    assert named == {
        "trip_miles": "trip_miles",
        "a b": "a_b_",
        "a_b": "a_b",
        "a/b": "a_b__",
        "größe": "größe",
        "1st": "column_1st",
        "_hidden": "column__hidden",
        "self": "column_self",
        "class": "class",
        "%": "column__",
    }


def test_a_feature_is_a_value_a_row_or_a_list():
    found = {name: (spec.dtype.name, spec.shape.rank) for name, spec in list_tensors(FEATURES, SPEC).items()}
    assert found == {
        "fare": ("float64", 1),
        "company": ("string", 1),
        "member": ("float64", 1),
        "at": ("float64", 1),
        "photo": ("string", 1),
        "pixels": ("float64", 2),
        "past": ("float64", 2),
        "clicks": ("float64", 2),
    }


@pytest.mark.parametrize(
    ("cells", "dtype", "held"),
    [
        ([1.5, np.nan, 0.0], tf.float32, [[1.5], [], [0.0]]),
        ([float(2**53), np.nan, -1.0], tf.int64, [[2**53], [], [-1]]),
        ([b"x", b"", b" "], tf.string, [[b"x"], [], [b" "]]),
        ([[1.0, 2.0], [np.nan, 3.0], [np.nan, np.nan]], tf.float32, [[1.0, 2.0], [3.0], []]),
        ([[0.0, 7.0], [4.0, np.nan]], tf.int64, [[0, 7], [4]]),
    ],
)
def test_what_is_missing_is_left_out(cells, dtype, held):
    tensor = tf.constant(cells, tf.string if dtype == tf.string else tf.float64)
    found = gather(tensor, dtype)
    assert found.dtype == dtype
    assert tf.RaggedTensor.from_sparse(found).to_list() == held


@pytest.mark.parametrize(("name", "cells"), [("fare", [[1.5], []]), ("company", [[], [b"x"]]), ("at", [[2**40], []])])
def test_a_value_a_row_there_and_back(name, cells):
    tensor = list_tensors(FEATURES, SPEC)[name]
    sparse = tf.ragged.constant(cells, SPEC[name].dtype).to_sparse()
    dense = spread(sparse, tensor)
    assert dense.shape == [2]
    assert tf.RaggedTensor.from_sparse(gather(dense, SPEC[name].dtype)).to_list() == cells


def test_lists_there_and_back_with_what_is_missing_at_their_end():
    sparse = tf.ragged.constant([[5, 6], [7], []], tf.int64).to_sparse()
    dense = spread(sparse, list_tensors(FEATURES, SPEC)["clicks"])
    np.testing.assert_array_equal(dense, [[5, 6], [7, np.nan], [np.nan, np.nan]])
    assert tf.RaggedTensor.from_sparse(gather(dense, tf.int64)).to_list() == [[5, 6], [7], []]
