"""A linear model: one weight for each number, each id and each word, and a bias."""

from collections.abc import Sequence

import keras

from configs.schema.label import Label
from configs.schema.models import Linear
from trainer.features.transforms import Column
from trainer.labels import count_units, predict
from trainer.models.layers import bias, inputs, linear


def build(options: Linear, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: logistic regression for classes, linear regression for a number."""
    tensors = inputs(columns)
    units = count_units(label)
    logits = keras.layers.Add()([linear(columns, tensors, units), bias(tensors, units)])
    return keras.Model(tensors, predict(logits, label))
