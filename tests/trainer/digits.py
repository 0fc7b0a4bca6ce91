"""Handwritten digits, 8 by 8 pixels, of which a model learns some and is asked for the last quarter."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from configs.schema.config import Label
from trainer.features.transforms import Column

COLUMNS = [Column("image", shape=(8, 8, 1))]
LABEL = Label(name="digit", kind="multiclass", classes=tuple("0123456789"))


def draw(seed=0, count=None):
    """The rows to learn from, of which a seed draws some or all 1,347, and those to be asked for: images, labels."""
    pixels, digits = load_digits(return_X_y=True)
    images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)
    train, test, known, asked = train_test_split(
        images, digits[:, None], test_size=450, random_state=0, stratify=digits
    )
    chosen = np.random.default_rng(seed).permutation(len(train))[:count]
    return (train[chosen], known[chosen]), (test, asked)


def batch(rows, size):
    """The rows in batches, in an order of each epoch's own."""
    images, labels = rows
    found = tf.data.Dataset.from_tensor_slices(({"image": images}, labels))
    return found.shuffle(len(images), seed=0).batch(size)


def score(model: keras.Model, rows):
    """The share of the rows that the model names right."""
    images, labels = rows
    return float(
        (model.predict({"image": images}, batch_size=len(images), verbose=0).argmax(1)[:, None] == labels).mean()
    )
