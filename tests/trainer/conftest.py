"""Tasks for which a number, an id and a word count alike: who leaves one out is wrong in a third of what matters."""

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.label import Label
from trainer.features.transforms import Column

LABELS = {
    "binary": Label(name="label", kind="binary"),
    "multiclass": Label(name="label", kind="multiclass", classes=("low", "middle", "high")),
    "multilabel": Label(name="label", kind="multilabel", classes=("high", "red", "short")),
    "regression": Label(name="label", kind="regression"),
}


@pytest.fixture
def columns():
    return [Column("amount"), Column("colour", size=4), Column("review", size=6, length=5)]


@pytest.fixture
def features():
    """A thousand rows: normal numbers, ids below 3, and texts of a word of 1 to 3 before up to four 4s and 5s."""
    random = np.random.default_rng(7)
    others = random.integers(4, 6, size=(1024, 4)) * (np.arange(4) < random.integers(0, 5, size=(1024, 1)))
    return {
        "amount": random.normal(size=(1024, 1)).astype("float32"),
        "colour": random.integers(0, 3, size=(1024, 1)),
        "review": np.hstack([random.integers(1, 4, size=(1024, 1)), others]),
    }


@pytest.fixture
def label_of(features):
    """The label [rows, 1] of each kind: a sum of three terms of variance 1, or where it lies; numbers in thousands."""
    spread = np.sqrt(2 / 3)  # of three values alike
    total = features["amount"] + (features["colour"] - 1) / spread + (features["review"][:, :1] - 2) / spread
    return {
        "binary": (total > 0).astype("int64"),
        "multiclass": np.digitize(total, [-1, 1]),
        "multilabel": np.hstack([total > 0, features["colour"] == 1, features["review"][:, :1] == 2]).astype("int64"),
        "regression": (3000 + 500 * total).astype("float32"),
    }


@pytest.fixture
def rows_of(features, label_of):
    """Batches of the rows, by the kind of label."""
    return {kind: tf.data.Dataset.from_tensor_slices((features, label)).batch(128) for kind, label in label_of.items()}


@pytest.fixture
def rows(rows_of):
    return rows_of["binary"]
