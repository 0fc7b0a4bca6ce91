"""Sequences: lists of numbers or ids, cut and padded at the end to one length."""

import tensorflow as tf

from configs.schema.features import Numeric, Steps
from trainer.features.numeric import scale


def pad(values: tf.SparseTensor, feature: Steps) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the scaled steps, float32 [batch, length, width], and an int64 mask [batch, length], 0 for padding.

    Each of a step's numbers is scaled by itself, by all steps that are there.
    """
    numbers = tf.reshape(_cut(values, feature.size, float("nan")), [-1, feature.width])
    real = ~tf.math.is_nan(numbers[:, 0])
    options = {f"{place}": Numeric(kind="numeric", scale=feature.scale) for place in range(feature.width)}
    scaled = scale(options, {f"{place}": numbers[:, place : place + 1] for place in range(feature.width)})
    steps = tf.where(real[:, None], tf.concat([scaled[place] for place in options], axis=1), 0.0)
    mask = tf.reshape(tf.cast(real, tf.int64), [-1, feature.length])
    return tf.reshape(steps, [-1, feature.length, feature.width]), mask


def pad_ids(values: tf.SparseTensor, count: int, length: int) -> tf.Tensor:
    """Returns the ids, int64 [batch, length], from 1 on, `count` + 1 for one that is none; 0 is padding."""
    shifted = tf.SparseTensor(values.indices, bound(values.values, count) + 1, values.dense_shape)
    return tf.ensure_shape(_cut(shifted, length, 0), [None, length])


def bound(ids: tf.Tensor, count: int) -> tf.Tensor:
    """Returns the ids, and `count` in place of one that is not from 0 to below it."""
    return tf.where((ids >= 0) & (ids < count), ids, tf.constant(count, tf.int64))


def _cut(values: tf.SparseTensor, length: int, padding: float) -> tf.Tensor:
    """Returns the first items of each row, [batch, length]."""
    kept = tf.sparse.retain(values, values.indices[:, 1] < length)
    shape = tf.stack([values.dense_shape[0], length])
    return tf.sparse.to_dense(tf.SparseTensor(kept.indices, kept.values, shape), default_value=padding)
