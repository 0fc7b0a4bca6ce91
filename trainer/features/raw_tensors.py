"""Raw columns as dense tensors, one a feature, as a client sends them in JSON: what is missing has a value as well."""

import math
import re
from collections.abc import Iterable, Mapping

import tensorflow as tf

from configs.schema.features import Feature
from trainer.features.cells import find_type, holds_list

RESERVED = "self"  # what SavedModel's own functions call an argument


def name_inputs(features: Iterable[str]) -> dict[str, str]:
    """Returns what the tensor of each feature is called: as the feature, with _ for what TensorFlow takes in no name.

    It takes letters of English, digits and _; two names of the same letters in another case are one. A name that would
    begin otherwise than with a letter, and one of which nothing is left, begins with `column_`.
    """
    tidy = {feature: _tidy(feature) for feature in features}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for feature, name in sorted(tidy.items(), key=lambda pair: pair[0] != pair[1]):  # its own name comes first
        while name.lower() in taken:
            name += "_"
        names[feature] = name
        taken.add(name.lower())
    return {feature: names[feature] for feature in tidy}


def list_tensors(features: Mapping[str, Feature]) -> dict[str, tf.TensorSpec]:
    """Returns the tensor of each feature, by feature: [batch], or [batch, numbers] of one that is a list.

    Numbers are float64, whole ones as well, so that there is one value for a number that is missing, NaN, and since of
    JSON TensorFlow Serving takes no integer beyond 24 bits for a float32. A text that is missing is the empty one.
    Lists end, or have gaps, in what is missing.
    """
    names = name_inputs(features)
    return {name: _describe(feature, names[name]) for name, feature in features.items()}


def spread(values: tf.SparseTensor, spec: tf.TensorSpec) -> tf.Tensor:
    """Returns the tensor that says the same as the cells that are parsed from tf.Examples."""
    rows, width = values.dense_shape[0], values.dense_shape[1] if spec.shape.rank == 2 else 1
    cells = tf.SparseTensor(values.indices, tf.cast(values.values, spec.dtype), tf.stack([rows, width]))
    dense = tf.sparse.to_dense(cells, default_value="" if spec.dtype == tf.string else math.nan)
    return dense if spec.shape.rank == 2 else dense[:, 0]


def _tidy(feature: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", feature)
    return name if name[:1].isalpha() and name != RESERVED else f"column_{name}"


def _describe(feature: Feature, name: str) -> tf.TensorSpec:
    dtype = tf.string if find_type(feature) == tf.string else tf.float64
    return tf.TensorSpec([None, None] if holds_list(feature) else [None], dtype, name)
