"""Raw columns as dense tensors, one a feature, as a client sends them in JSON: what is missing has a value as well."""

import math
from collections.abc import Iterable, Mapping

import tensorflow as tf

from configs.schema.features import Feature, Image, Steps

RESERVED = "self"  # what SavedModel's own functions call an argument
Spec = Mapping[str, tf.io.VarLenFeature]


def name_inputs(features: Iterable[str]) -> dict[str, str]:
    """Returns what the tensor of each feature is called: as the feature, with _ for what no identifier holds.

    A name that would begin otherwise than with a letter begins with `column_`; no two are alike.
    """
    tidy = {feature: _tidy(feature) for feature in features}
    names: dict[str, str] = {}
    for feature, name in sorted(tidy.items(), key=lambda pair: pair[0] != pair[1]):  # its own name comes first
        while name in names.values():
            name += "_"
        names[feature] = name
    return {feature: names[feature] for feature in tidy}


def list_tensors(features: Mapping[str, Feature], spec: Spec) -> dict[str, tf.TensorSpec]:
    """Returns the tensor of each feature, by feature: [batch], or [batch, numbers] of one that is a list.

    Numbers are float64, whole ones as well, so that there is one value for a number that is missing, NaN, and since of
    JSON TensorFlow Serving takes no integer beyond 24 bits for a float32. A text that is missing is the empty one.
    Lists end, or have gaps, in what is missing.
    """
    return {
        feature: tf.TensorSpec([None, None] if _is_list(features[feature]) else [None], _carrier(spec[feature]), name)
        for feature, name in name_inputs(features).items()
    }


def gather(tensor: tf.Tensor, dtype: tf.DType) -> tf.SparseTensor:
    """Returns the cells that are there, as they are parsed from tf.Examples."""
    cells = tensor[:, None] if tensor.shape.rank == 1 else tensor
    there = tf.not_equal(cells, "") if dtype == tf.string else ~tf.math.is_nan(cells)
    held = tf.ragged.boolean_mask(cells, there)
    return held.with_values(tf.cast(held.values, dtype)).to_sparse()


def spread(values: tf.SparseTensor, spec: tf.TensorSpec) -> tf.Tensor:
    """Returns the tensor that says the same as the cells that are parsed from tf.Examples."""
    rows, width = values.dense_shape[0], values.dense_shape[1] if spec.shape.rank == 2 else 1
    cells = tf.SparseTensor(values.indices, tf.cast(values.values, spec.dtype), tf.stack([rows, width]))
    dense = tf.sparse.to_dense(cells, default_value="" if spec.dtype == tf.string else math.nan)
    return dense if spec.shape.rank == 2 else dense[:, 0]


def _tidy(feature: str) -> str:
    name = "".join(letter if f"a{letter}".isidentifier() else "_" for letter in feature)
    return name if name[:1].isalpha() and name != RESERVED else f"column_{name}"


def _is_list(feature: Feature) -> bool:
    return isinstance(feature, Steps) or (isinstance(feature, Image) and feature.columns is not None)


def _carrier(spec: tf.io.VarLenFeature) -> tf.DType:
    return tf.string if spec.dtype == tf.string else tf.float64
