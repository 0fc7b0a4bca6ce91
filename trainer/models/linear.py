"""A linear model: one weight for each number and each id."""

from collections.abc import Sequence

import keras

from configs.schema import Label, Linear
from trainer.features import Column
from trainer.labels import HEADS, predict
from trainer.models.layers import inputs, linear


def build(options: Linear, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: logistic regression for a binary label."""
    tensors = inputs(columns)
    logits = linear(columns, tensors, HEADS[label.kind].units)
    return keras.Model(tensors, predict(logits, label.kind))
