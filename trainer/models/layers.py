"""The parts that families share: linear terms, encoded columns, hidden layers, and how they come together."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from configs.errors import ConfigError
from configs.schema.label import Label
from configs.schema.models import Network
from trainer.features.transforms import Column
from trainer.labels import count_units, predict

Tensor: TypeAlias = keras.KerasTensor
Inputs = Mapping[str, Tensor]
Encoder = Callable[[Column, Tensor, Tensor | None], Tensor]
MOMENTUM = 0.9  # Keras's own, 0.99, has not settled after the few hundred steps that small data trains for


def inputs(columns: Sequence[Column]) -> dict[str, Tensor]:
    """Returns the model's inputs by column name; masks are for those who ask for them."""
    return {column.name: column.input() for column in columns if not column.mask_of}


def linear(columns: Sequence[Column], tensors: Inputs, units: int) -> Tensor:
    """Returns [batch, units], linear in the numbers, with one weight for each id and each word, and no bias."""
    numbers, ids, texts = _sort(columns)
    terms = []
    if numbers:
        side_by_side = concatenate([flatten(column, tensors[column.name]) for column in numbers])
        terms.append(keras.layers.Dense(units, use_bias=False, kernel_initializer="zeros")(side_by_side))
    if ids:
        terms.append(keras.ops.sum(look_up(ids, tensors, units, "zeros"), axis=1))
    for column in texts:
        words = tensors[column.name]
        weights = keras.layers.Embedding(column.size, units, embeddings_initializer="zeros")(words)
        terms.append(add_up(weights, _words(words)))
    return keras.layers.Add()(terms) if len(terms) > 1 else terms[0]


def bias(tensors: Inputs, units: int) -> Tensor:
    """Returns [batch, units], the same in every row: the embedding of an id that they all share."""
    shared = keras.ops.zeros_like(keras.layers.Flatten()(next(iter(tensors.values())))[:, 0], dtype="int64")
    return keras.layers.Embedding(1, units, embeddings_initializer="zeros")(shared)


def encode(columns: Sequence[Column], tensors: Inputs, embedding: int) -> Tensor:
    """Returns [batch, width]: the numbers, an embedding for each id, and the mean embedding of each text's words."""
    numbers, ids, texts = _sort(columns)
    parts = [flatten(column, tensors[column.name]) for column in numbers]
    if ids:
        parts.append(keras.layers.Flatten()(look_up(ids, tensors, embedding)))
    for column in texts:
        words = tensors[column.name]
        parts.append(average(keras.layers.Embedding(column.size, embedding)(words), _words(words)))
    return concatenate(parts)


def look_up(columns: Sequence[Column], tensors: Inputs, width: int, initializer: str = "uniform") -> Tensor:
    """Returns an embedding for each column's id, [batch, columns, width].

    They share one table, each in rows of its own: what a table costs, whatever its size, is paid once.
    """
    ids, sizes = [tensors[column.name] for column in columns], [column.size or 0 for column in columns]
    starts = np.cumsum([0, *sizes[:-1]])[None]
    # Keras adds such a row by an operation that LiteRT has of floats alone.
    places = keras.ops.subtract(keras.ops.concatenate(ids, axis=1), -starts) if len(ids) > 1 else ids[0]
    return keras.layers.Embedding(sum(sizes), width, embeddings_initializer=initializer)(places)


def flatten(column: Column, tensor: Tensor) -> Tensor:
    """Returns [batch, width], all numbers of a column side by side."""
    return keras.layers.Flatten()(tensor) if column.shape else tensor


def hidden(tensor: Tensor, options: Network) -> Tensor:
    """Returns the tensor after the hidden layers, [batch, width of the last]."""
    if options.residual and options.widths:
        return _refine(tensor, options)
    for units in options.widths:
        tensor = activate(keras.layers.Dense(units, use_bias=not options.batch_norm)(tensor), options)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout)(tensor)
    return tensor


def _refine(tensor: Tensor, options: Network) -> Tensor:
    """Returns the tensor after residual layers: each adds to the sum of those before it, which it sees normalised.

    They activate before they weigh (He et al., 2016, arXiv:1603.05027), and rows are normalised one by one (Ba, Kiros
    and Hinton, 2016); where the width changes, the sum is brought to the new one by weights.
    """
    for units in options.widths:
        if tensor.shape[-1] != units:
            tensor = keras.layers.Dense(units)(tensor)
        seen = keras.layers.Activation(options.activation)(keras.layers.LayerNormalization()(tensor))
        if options.dropout:
            seen = keras.layers.Dropout(options.dropout)(seen)
        tensor = keras.layers.Add()([tensor, keras.layers.Dense(units)(seen)])
    return keras.layers.LayerNormalization()(tensor)


def activate(sums: Tensor, options: Network) -> Tensor:
    """Returns what a layer sums up, normalised if the options say so (Ioffe and Szegedy, 2015), and activated."""
    if options.batch_norm:  # whose offset makes the layer's own bias redundant
        several = tf.distribute.get_strategy().num_replicas_in_sync > 1  # which would each keep means of their own
        sums = keras.layers.BatchNormalization(momentum=MOMENTUM, synchronized=several)(sums)
    return keras.layers.Activation(options.activation)(sums)


def compose(
    options: Network, label: Label, columns: Sequence[Column], takes: Callable[[Column], bool], encoder: Encoder
) -> keras.Model:
    """Returns the uncompiled model: encoded columns, those that it `takes` by the encoder, hidden layers, an output.

    The encoder is handed a column, its tensor, and its mask, a boolean [batch, steps] or None; it returns
    [batch, width]. Raises ConfigError when there is no column for it.
    """
    taken = [column for column in columns if takes(column)]
    if not taken:
        what = "no feature is an image, a sequence or a text that this family can read"
        raise ConfigError(what, "model.family", "Add one, or choose dnn, which takes features of every kind.")
    tensors = inputs(columns)
    masks = {column.mask_of: column.input() for column in columns if column.mask_of in {own.name for own in taken}}
    encoded = [encoder(column, tensors[column.name], _mask(column, tensors, masks)) for column in taken]
    others = [column for column in columns if column not in taken and not column.mask_of]
    if others:
        encoded.append(encode(others, tensors, options.embedding))
    deep = hidden(concatenate(encoded), options)
    answer = predict(keras.layers.Dense(count_units(label))(deep), label)
    return keras.Model(tensors | {tensor.name: tensor for tensor in masks.values()}, answer)


def embed(column: Column, tensor: Tensor, mask: Tensor | None, width: int) -> Tensor:
    """Returns an embedding for each word, [batch, steps, width], and numbers as they are; zeros where the mask is."""
    steps = tensor if column.size is None else keras.layers.Embedding(column.size, width)(tensor)
    return steps if mask is None else keras.ops.multiply(steps, _weigh(mask, steps))


def average(steps: Tensor, mask: Tensor | None) -> Tensor:
    """Returns [batch, width], the mean of the steps that are no padding; zeros where all are."""
    if mask is None:
        return keras.ops.mean(steps, axis=1)
    count = keras.ops.sum(_weigh(mask, steps), axis=1)
    return keras.ops.divide(add_up(steps, mask), keras.ops.maximum(count, 1))


def add_up(steps: Tensor, mask: Tensor) -> Tensor:
    """Returns [batch, width], the sum of the steps that are no padding."""
    return keras.ops.sum(keras.ops.multiply(steps, _weigh(mask, steps)), axis=1)


def is_steps(column: Column) -> bool:
    """Whether a column is a sequence or a text, in which one thing follows another."""
    return len(column.shape or ()) == 2 or (column.size is not None and column.length is not None)


def concatenate(tensors: Sequence[Tensor]) -> Tensor:
    """Returns the tensors side by side."""
    return keras.layers.Concatenate()(tensors) if len(tensors) > 1 else tensors[0]


def _sort(columns: Sequence[Column]) -> tuple[list[Column], list[Column], list[Column]]:
    """Return those of numbers, those of an id, and those of words; masks are none of them."""
    seen = [column for column in columns if not column.mask_of]
    numbers = [column for column in seen if column.size is None]
    ids = [column for column in seen if column.size is not None and column.length is None]
    return numbers, ids, [column for column in seen if column.size is not None and column.length is not None]


def _mask(column: Column, tensors: Inputs, masks: Mapping[str, Tensor]) -> Tensor | None:
    if column.size is not None:
        return _words(tensors[column.name])
    return keras.ops.not_equal(masks[column.name], 0) if column.name in masks else None


def _words(ids: Tensor) -> Tensor:
    return keras.ops.not_equal(ids, 0)


def _weigh(mask: Tensor, steps: Tensor) -> Tensor:
    """Returns [batch, steps, 1]: 1 for a step, 0 for padding, in the precision of the steps."""
    return keras.ops.expand_dims(keras.ops.cast(mask, steps.dtype), -1)
