"""A feed-forward network over numbers and embedded ids."""

from collections.abc import Sequence

import keras

from configs.schema.label import Label
from configs.schema.models import Dnn
from trainer.features.transforms import Column
from trainer.labels import count_units, predict
from trainer.models.layers import encode, hidden, inputs


def build(options: Dnn, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: encoded columns, then of each member hidden layers and one output layer.

    Members answer by the mean of their logits, and learn by it (Dutt, Pellerin and Quénot, 2017, arXiv:1709.06053).
    """
    tensors = inputs(columns)
    seen = encode(columns, tensors, options.embedding)
    stacks = [hidden(seen, options) for _ in range(options.members)]  # before the ends: Keras names layers in order
    members = [keras.layers.Dense(count_units(label))(deep) for deep in stacks]
    logits = keras.layers.average(members) if len(members) > 1 else members[0]
    return keras.Model(tensors, predict(logits, label))
