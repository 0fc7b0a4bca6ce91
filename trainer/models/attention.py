"""Attention over sequences and texts: additive over recurrent layers, or a Transformer's encoder."""

from collections.abc import Sequence
from functools import partial

import keras
import numpy as np

from configs.schema.label import Label
from configs.schema.models import AdditiveAttention, Attention, Mechanism, Network, SelfAttention
from trainer.features.transforms import Column
from trainer.models.layers import Tensor, average, compose, embed, is_steps
from trainer.models.recurrent import read_steps


def build(options: Attention, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: a summary of each sequence and each text, weighed by attention."""
    return compose(options, label, columns, is_steps, partial(weigh, options.mechanism, options))


def weigh(mechanism: Mechanism, options: Network, column: Column, tensor: Tensor, mask: Tensor | None) -> Tensor:
    """Returns [batch, width], a summary of the steps by what the mechanism finds in them."""
    match mechanism:
        case AdditiveAttention():
            steps, state = read_steps(embed(column, tensor, mask, options.embedding), mask, mechanism, options.dropout)
            return attend(state, steps, mask)
        case SelfAttention():
            steps = embed(column, tensor, mask, mechanism.width)
            steps = steps if column.size else keras.layers.Dense(mechanism.width)(steps)
            return average(transform(place(steps), mask, mechanism, options), mask)


def attend(query: Tensor, steps: Tensor, mask: Tensor | None) -> Tensor:
    """Returns [batch, width], the mean of the steps, weighed by v tanh(W query + U step) (Bahdanau et al., 2015)."""
    width = steps.shape[-1]
    asked = keras.ops.expand_dims(keras.layers.Dense(width, use_bias=False)(query), 1)
    sums = keras.ops.add(asked, keras.layers.Dense(width, use_bias=False)(steps))
    scores = keras.layers.Dense(1, use_bias=False)(keras.layers.Activation("tanh")(sums))
    weights = keras.layers.Softmax(axis=1)(scores, mask=None if mask is None else keras.ops.expand_dims(mask, -1))
    return keras.ops.sum(keras.ops.multiply(weights, steps), axis=1)


def transform(steps: Tensor, mask: Tensor | None, mechanism: SelfAttention, options: Network) -> Tensor:
    """Returns the steps, [batch, steps, width], after layers in which each looks at all others that are no padding.

    Vaswani et al., 2017; normalised before each part instead of after it, which trains without a warm-up (Xiong et
    al., 2020).
    """
    seen = None if mask is None else keras.ops.expand_dims(mask, 1)
    for _ in range(mechanism.layers):
        normal = keras.layers.LayerNormalization()(steps)
        look = keras.layers.MultiHeadAttention(mechanism.heads, mechanism.width // mechanism.heads)
        steps = _add(steps, look(normal, normal, attention_mask=seen), options.dropout)
        normal = keras.layers.LayerNormalization()(steps)
        inner = keras.layers.Dense(mechanism.feed_forward, activation=options.activation)(normal)
        steps = _add(steps, keras.layers.Dense(mechanism.width)(inner), options.dropout)
    return keras.layers.LayerNormalization()(steps)


def place(steps: Tensor) -> Tensor:
    """Returns the steps with an embedding of where each stands: learnt, from the sinusoids of Vaswani et al. on."""
    _, length, width = steps.shape
    numbers = keras.ops.cumsum(keras.ops.ones_like(steps[:, :, 0], dtype="int64"), axis=1) - 1
    positions = keras.layers.Embedding(length, width)
    placed = keras.layers.Add()([steps, positions(numbers)])
    positions.set_weights([sinusoids(length, width)])
    return placed


def sinusoids(length: int, width: int) -> np.ndarray:
    """Returns [length, width]: sines, and cosines beside them, of wavelengths from 2 pi to 10,000 times that."""
    places = np.arange(width)
    angles = np.arange(length)[:, None] / 10_000 ** (places // 2 * 2 / width)
    return np.where(places % 2, np.cos(angles), np.sin(angles))


def _add(steps: Tensor, more: Tensor, dropout: float) -> Tensor:
    more = keras.layers.Dropout(dropout)(more) if dropout else more
    return keras.layers.Add()([steps, more])
