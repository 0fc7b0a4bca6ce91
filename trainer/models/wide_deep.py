"""Wide & deep: a linear model and a network, trained as one (Cheng et al., 2016, arXiv:1606.07792)."""

from collections.abc import Sequence
from math import prod

import keras

from configs.errors import ConfigError
from configs.schema.label import Label
from configs.schema.models import WideDeep
from trainer.features.transforms import Column, name_column
from trainer.labels import count_units, predict
from trainer.models.layers import Inputs, Tensor, encode, hidden, inputs, linear

IDS = ("id", "bucket")  # the parts of a feature that are ids
ODD = 0x9E3779B1  # 2**32 by the golden ratio: Knuth's multiplicative hashing


def build(options: WideDeep, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: the logits of the wide part, its crosses and the deep part, added.

    Raises ConfigError for a cross of what is no id.
    """
    units = count_units(label)
    tensors = inputs(columns)
    terms = [linear([column for column in columns if column.size] or columns, tensors, units)]
    for number, names in enumerate(options.crosses):
        crossed = [_find(name, columns, f"model.crosses.{number}") for name in names]
        terms.append(_cross(crossed, tensors, options.cross_buckets, units))
    terms.append(keras.layers.Dense(units)(hidden(encode(columns, tensors, options.embedding), options)))
    return keras.Model(tensors, predict(keras.layers.Add()(terms), label))


def _find(feature: str, columns: Sequence[Column], where: str) -> Column:
    names = {name_column(feature, part) for part in IDS}
    found = next((column for column in columns if column.name in names), None)
    if found is None:
        what = f"'{feature}' is none of the features that become ids"
        raise ConfigError(what, where, "Cross categorical, boolean and numeric ones, these cut into buckets.")
    return found


def _cross(columns: Sequence[Column], tensors: Inputs, buckets: int, units: int) -> Tensor:
    """Returns [batch, units]: a weight for each combination of the ids, or for each bucket that they are hashed to."""
    sizes = [column.size or 1 for column in columns]
    number = keras.ops.zeros_like(tensors[columns[0].name])
    for column, size in zip(columns, sizes, strict=True):
        if prod(sizes) <= buckets:
            number = number * size + tensors[column.name]
        else:
            number = keras.ops.mod((number + tensors[column.name]) * ODD, 2**32)
    if prod(sizes) > buckets:
        number = keras.ops.floor_divide(number * buckets, 2**32)  # by the upper bits, which depend on all of the ids
    weights = keras.layers.Embedding(min(prod(sizes), buckets), units, embeddings_initializer="zeros")
    return keras.layers.Flatten()(weights(number))
