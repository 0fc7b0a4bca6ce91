"""The parts that families share: linear terms, encoded columns, hidden layers."""

from collections.abc import Mapping, Sequence

import keras

from configs.models import Network
from trainer.features import Column

Inputs = Mapping[str, keras.KerasTensor]


def inputs(columns: Sequence[Column]) -> dict[str, keras.KerasTensor]:
    """Returns the model's inputs by column name; masks are for those who ask for them."""
    return {column.name: column.input() for column in columns if not column.mask_of}


def linear(columns: Sequence[Column], tensors: Inputs, units: int) -> keras.KerasTensor:
    """Returns [batch, units], linear in the numbers, with one weight for each id and each word, and no bias."""
    columns = [column for column in columns if not column.mask_of]
    numbers = [flatten(column, tensors[column.name]) for column in columns if column.size is None]
    terms = []
    if numbers:
        terms.append(keras.layers.Dense(units, use_bias=False, kernel_initializer="zeros")(_concatenate(numbers)))
    for column in columns:
        if column.size is not None:
            weights = keras.layers.Embedding(column.size, units, embeddings_initializer="zeros")
            terms.append(_sum(column, tensors[column.name], weights))
    return keras.layers.Add()(terms) if len(terms) > 1 else terms[0]


def bias(tensors: Inputs, units: int) -> keras.KerasTensor:
    """Returns [batch, units], the same in every row: the embedding of an id that they all share."""
    shared = keras.ops.zeros_like(keras.layers.Flatten()(next(iter(tensors.values())))[:, 0], dtype="int64")
    return keras.layers.Embedding(1, units, embeddings_initializer="zeros")(shared)


def encode(columns: Sequence[Column], tensors: Inputs, embedding: int) -> keras.KerasTensor:
    """Returns [batch, width]: the numbers, an embedding for each id, and the mean embedding of each text's words."""
    seen = [column for column in columns if not column.mask_of]
    return _concatenate([_encode(column, tensors[column.name], embedding) for column in seen])


def flatten(column: Column, tensor: keras.KerasTensor) -> keras.KerasTensor:
    """Returns [batch, width], all numbers of a column side by side."""
    return keras.layers.Flatten()(tensor) if column.shape else tensor


def hidden(tensor: keras.KerasTensor, options: Network) -> keras.KerasTensor:
    """Returns the tensor after the hidden layers, [batch, last of hidden_units]."""
    for units in options.hidden_units:
        tensor = keras.layers.Dense(units, activation=options.activation)(tensor)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout)(tensor)
    return tensor


def _encode(column: Column, tensor: keras.KerasTensor, embedding: int) -> keras.KerasTensor:
    if column.size is None:
        return flatten(column, tensor)
    total = _sum(column, tensor, keras.layers.Embedding(column.size, embedding))
    if column.length is None:
        return total
    words = keras.ops.sum(keras.ops.cast(keras.ops.not_equal(tensor, 0), "float32"), axis=1, keepdims=True)
    return keras.ops.divide(total, keras.ops.maximum(words, 1.0))


def _sum(column: Column, tensor: keras.KerasTensor, embedding: keras.layers.Embedding) -> keras.KerasTensor:
    """Returns [batch, width], the sum of a column's embeddings but for padding."""
    embedded = embedding(tensor)
    if column.length is None:
        return keras.layers.Flatten()(embedded)
    used = keras.ops.expand_dims(keras.ops.cast(keras.ops.not_equal(tensor, 0), "float32"), -1)
    return keras.ops.sum(keras.ops.multiply(embedded, used), axis=1)


def _concatenate(tensors: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
    return keras.layers.Concatenate()(tensors) if len(tensors) > 1 else tensors[0]
