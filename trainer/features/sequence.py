"""Sequences: lists of numbers or ids, cut and padded at the end to one length."""

from collections.abc import Sequence

import tensorflow as tf

from configs.schema.features import Numeric, Steps
from trainer.features.learnt import Moments
from trainer.features.numeric import scale


def list_options(feature: Steps) -> Sequence[Numeric]:
    """Returns how each of a step's numbers is scaled: by itself."""
    return [Numeric(kind="numeric", scale=feature.scale)] * feature.width


def measure(values: tf.SparseTensor, feature: Steps) -> tf.Tensor:
    """Returns the steps, float32 [batch * length, width], NaN for padding."""
    return tf.reshape(_cut(values, feature.size, float("nan")), [-1, feature.width])


def pad(values: tf.SparseTensor, feature: Steps, moments: Moments) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the scaled steps, float32 [batch, length, width], and an int64 mask [batch, length], 0 for padding."""
    numbers = measure(values, feature)
    real = ~tf.math.is_nan(numbers[:, 0])
    steps = tf.where(real[:, None], scale(list_options(feature), moments, numbers), 0.0)
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
