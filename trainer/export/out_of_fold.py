"""What judges a model of all rows by these rows: for each fold, or origin, a model that has not seen it."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from configs.schema.evaluation import ORIGIN
from trainer.features.identity import ROW


class OutOfFold:
    """Answers each row by the model that was not trained on it, and one that none was trained on by any of them.

    `rows` [rows] are what `identify` tells of those that were trained on, `folds` [rows] the place among the models of
    the one that has not seen the row. It is asked as a Keras model is.
    """

    def __init__(self, models: Sequence[keras.Model], rows: np.ndarray, folds: np.ndarray) -> None:
        self.models = models
        self.rows, places = np.unique(rows, return_index=True)
        self.folds = folds[places].astype("int64")
        self.input = dict.fromkeys([ROW, *(name for model in models for name in model.input)])

    def __call__(self, columns: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Returns [batch, units]."""
        row = columns[ROW][:, 0]
        place = tf.minimum(tf.searchsorted(self.rows, row), len(self.rows) - 1)
        known = tf.gather(self.rows, place) == row
        fold = tf.where(known, tf.gather(self.folds, place), row % len(self.models))
        return ask(self.models, columns, fold, training)


class FromOrigin:
    """Answers each row by the model that was trained on the rows before its ORIGIN; without one, by the first of them.

    It is asked as a Keras model is.
    """

    def __init__(self, models: Sequence[keras.Model]) -> None:
        self.models = models
        self.input = dict.fromkeys([ORIGIN, *(name for model in models for name in model.input)])

    def __call__(self, columns: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Returns [batch, units]."""
        first, last = self.models[0], len(self.models) - 1
        if ORIGIN not in columns:
            return first({name: columns[name] for name in first.input}, training=training)
        return ask(self.models, columns, tf.clip_by_value(columns[ORIGIN][:, 0] - 1, 0, last), training)


def ask(
    models: Sequence[keras.Model], columns: Mapping[str, tf.Tensor], places: tf.Tensor, training: bool
) -> tf.Tensor:
    """Returns what the models at these places, [batch], answer: [batch, units]."""
    answers = [model({name: columns[name] for name in model.input}, training=training) for model in models]
    return tf.gather(tf.stack(answers, axis=1), places, batch_dims=1)
