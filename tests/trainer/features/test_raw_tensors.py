"""Features as tensors: what they are called, and what is missing."""

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.features import Boolean, Categorical, Image, Numeric, Steps, Timestamp
from trainer.features.cells import find_type
from trainer.features.raw_tensors import list_tensors, spread

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


def test_a_feature_is_a_value_a_row_or_a_list():
    found = {name: (spec.dtype.name, spec.shape.rank) for name, spec in list_tensors(FEATURES).items()}
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
    ("name", "cells", "tensor"),
    [
        ("fare", [[1.5], []], [1.5, np.nan]),
        ("company", [[], [b"x"]], [b"", b"x"]),
        ("at", [[2**40], []], [float(2**40), np.nan]),
        ("clicks", [[5, 6], [7], []], [[5, 6], [7, np.nan], [np.nan, np.nan]]),
    ],
)
def test_cells_are_spread_out(name, cells, tensor):
    sparse = tf.ragged.constant(cells, find_type(FEATURES[name])).to_sparse()
    np.testing.assert_array_equal(spread(sparse, list_tensors(FEATURES)[name]), np.array(tensor))
