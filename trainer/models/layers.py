"""The parts that families share: linear terms, encoded columns, hidden layers."""

from collections.abc import Mapping, Sequence

import keras

from configs.schema import Network
from trainer.features import Column

Inputs = Mapping[str, keras.KerasTensor]


def inputs(columns: Sequence[Column]) -> dict[str, keras.KerasTensor]:
    """Returns the model's inputs by column name."""
    return {column.name: column.input() for column in columns}


def linear(columns: Sequence[Column], tensors: Inputs, units: int) -> keras.KerasTensor:
    """Returns [batch, units], linear in the numbers and with one weight for each id."""
    numbers = [tensors[column.name] for column in columns if column.size is None]
    terms = [keras.layers.Dense(units)(_concatenate(numbers))] if numbers else []
    for column in columns:
        if column.size is not None:
            weights = keras.layers.Embedding(column.size, units, embeddings_initializer="zeros")
            terms.append(keras.layers.Flatten()(weights(tensors[column.name])))
    return keras.layers.Add()(terms) if len(terms) > 1 else terms[0]


def encode(columns: Sequence[Column], tensors: Inputs, embedding: int) -> keras.KerasTensor:
    """Returns [batch, width]: the numbers, and an embedding for each id."""
    return _concatenate([_encode(column, tensors[column.name], embedding) for column in columns])


def hidden(tensor: keras.KerasTensor, options: Network) -> keras.KerasTensor:
    """Returns the tensor after the hidden layers, [batch, last of hidden_units]."""
    for units in options.hidden_units:
        tensor = keras.layers.Dense(units, activation=options.activation)(tensor)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout)(tensor)
    return tensor


def _encode(column: Column, tensor: keras.KerasTensor, embedding: int) -> keras.KerasTensor:
    if column.size is None:
        return tensor
    return keras.layers.Flatten()(keras.layers.Embedding(column.size, embedding)(tensor))


def _concatenate(tensors: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
    return keras.layers.Concatenate()(tensors) if len(tensors) > 1 else tensors[0]
