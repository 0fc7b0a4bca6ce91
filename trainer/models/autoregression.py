"""A number out of its own past: for each horizon a linear function of the steps before it, beside the other features.

Each step counts by its distance from the last, as in NLinear (Zeng et al., "Are Transformers Effective for Time Series
Forecasting?", AAAI 2023): where the level moves, the answer moves with it.
"""

from collections.abc import Sequence

import keras
import numpy as np

from configs.schema.data import HORIZON
from configs.schema.label import Label
from configs.schema.models import Autoregression
from trainer.features.transforms import Column, name_column
from trainer.labels import count_units, predict
from trainer.models.layers import Tensor, inputs, linear

LAGS = "lags"  # the layer that holds a weight for each horizon and step


def build(options: Autoregression, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model of the first sequence, whose first number is the label's own past.

    Without a feature `horizon` of ids there is one horizon, the next row. Before training it says what stood there a
    season before.
    """
    past = next(column for column in columns if len(column.shape or ()) == 2)
    mask = next(column for column in columns if column.mask_of == past.name).input()
    told = next((column for column in columns if column.name == name_column(HORIZON, "id")), None)
    tensors, units = inputs(columns), count_units(label)
    steps, last = align(tensors[past.name], mask)
    ids = tensors[told.name] if told else keras.ops.zeros_like(mask[:, :1])
    apart = keras.layers.Flatten()(keras.ops.subtract(steps, last))
    horizons, width = (told.size or 1) if told else 1, apart.shape[-1]
    lags = keras.layers.Embedding(horizons, width * units, embeddings_initializer="zeros", name=LAGS)(ids)
    weights = keras.layers.Reshape((width, units))(lags)
    moved = keras.ops.sum(keras.ops.multiply(keras.ops.expand_dims(apart, -1), weights), axis=1)
    level = keras.layers.Flatten()(keras.layers.Embedding(horizons, units, embeddings_initializer="zeros")(ids))
    terms = [last[:, 0, :1], moved, level]
    others = [column for column in columns if column is not past and not column.mask_of]
    if others:
        terms.append(linear(others, tensors, units))
    answer = predict(sum(terms[1:], terms[0]), label)
    model = keras.Model(tensors | {mask.name: mask}, answer)
    model.get_layer(LAGS).set_weights([begin(options.season, horizons, past.shape or (1, 1), units)])
    return model


def align(steps: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the steps [batch, length, width] with their padding moved to the front, and the last one of each row.

    What is padded holds the first step.
    """
    length = steps.shape[1]
    held = keras.ops.sum(keras.ops.cast(mask, "int32"), axis=1, keepdims=True)
    places = keras.ops.maximum(held - np.arange(length, 0, -1, dtype="int32")[None], 0)
    moved = keras.ops.take_along_axis(steps, keras.ops.expand_dims(places, -1), axis=1)
    return moved, moved[:, -1:]


def begin(season: int, horizons: int, shape: Sequence[int], units: int) -> np.ndarray:
    """Returns the weights [horizons, length * width * units] by which the answer is the number of a season before.

    A single horizon is 1; of several, the row of the weights is the horizon.
    """
    length, width = shape
    weights = np.zeros((horizons, length, width, units), "float32")
    for row in range(horizons):
        horizon = max(row, 1)
        back = -(-horizon // season) * season - horizon  # steps before the last one
        weights[row, length - 1 - back, 0] = 1.0
    return weights.reshape(horizons, -1)
