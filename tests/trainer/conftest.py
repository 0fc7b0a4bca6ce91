"""A small task that any family can learn: does a number, or one of three ids, speak for the label?"""

import numpy as np
import pytest
import tensorflow as tf

from trainer.features import Column


@pytest.fixture
def columns():
    return [Column("amount"), Column("colour", size=4)]


@pytest.fixture
def rows():
    random = np.random.default_rng(7)
    amount = random.normal(size=(512, 1)).astype("float32")
    colour = random.integers(0, 3, size=(512, 1))
    label = ((amount[:, 0] + 2 * (colour[:, 0] == 1)) > 1).astype("int64")[:, None]
    return tf.data.Dataset.from_tensor_slices(({"amount": amount, "colour": colour}, label)).batch(64)
