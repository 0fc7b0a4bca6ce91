"""A feed-forward network over numbers and embedded ids."""

from collections.abc import Sequence

import keras

from configs.schema.label import Label
from configs.schema.models import Dnn
from trainer.features.transforms import Column
from trainer.labels import count_units, predict
from trainer.models.layers import encode, hidden, inputs


def build(options: Dnn, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: encoded columns, hidden layers, one output layer."""
    tensors = inputs(columns)
    deep = hidden(encode(columns, tensors, options.embedding), options)
    logits = keras.layers.Dense(count_units(label))(deep)
    return keras.Model(tensors, predict(logits, label))
