"""Raw columns as dense tensors, one a feature, as a client sends them in JSON: what is missing has a value as well."""

import math
from collections.abc import Mapping

import tensorflow as tf

from configs.schema.features import Feature
from trainer.features.cells import find_type, holds_list
from trainer.features.input_names import name_inputs


def list_tensors(features: Mapping[str, Feature]) -> dict[str, tf.TensorSpec]:
    """Returns the tensor of each feature, by feature: [batch], or [batch, numbers] of one that is a list.

    Numbers are float64, whole ones as well, so that there is one value for a number that is missing, NaN, and since of
    JSON TensorFlow Serving takes no integer beyond 24 bits for a float32. A text that is missing is the empty one.
    Lists end, or have gaps, in what is missing.
    """
    names = name_inputs(features)
    return {name: _describe(feature, names[name]) for name, feature in features.items()}


def spread(values: tf.SparseTensor, spec: tf.TensorSpec, offset: float = 0.0) -> tf.Tensor:
    """Returns the tensor that says the same as cells parsed from tf.Examples, whose numbers are less the offset."""
    rows, width = values.dense_shape[0], values.dense_shape[1] if spec.shape.rank == 2 else 1
    items = tf.cast(values.values, spec.dtype) + offset if offset else tf.cast(values.values, spec.dtype)
    cells = tf.SparseTensor(values.indices, items, tf.stack([rows, width]))
    dense = tf.sparse.to_dense(cells, default_value="" if spec.dtype == tf.string else math.nan)
    return dense if spec.shape.rank == 2 else dense[:, 0]


def _describe(feature: Feature, name: str) -> tf.TensorSpec:
    dtype = tf.string if find_type(feature) == tf.string else tf.float64
    return tf.TensorSpec([None, None] if holds_list(feature) else [None], dtype, name)
