"""Wide & deep: a linear model and a network, trained as one (Cheng et al., 2016, arXiv:1606.07792)."""

from collections.abc import Sequence

import keras

from configs.models import WideDeep
from configs.schema import Label
from trainer.features import Column
from trainer.labels import count_units, predict
from trainer.models.layers import encode, hidden, inputs, linear


def build(options: WideDeep, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: the logits of the wide and of the deep part, added."""
    units = count_units(label)
    tensors = inputs(columns)
    wide = linear([column for column in columns if column.size] or columns, tensors, units)
    deep = keras.layers.Dense(units)(hidden(encode(columns, tensors, options.embedding), options))
    return keras.Model(tensors, predict(keras.layers.Add()([wide, deep]), label))
