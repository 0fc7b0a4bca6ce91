"""Numbers, all columns of a group at once, so that a graph does not grow with them: imputed, scaled or cut."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from configs.schema.features import Numeric
from trainer.features.learnt import Moments


def shrink(options: Sequence[Numeric], numbers: tf.Tensor) -> tf.Tensor:
    """Returns [batch, columns], of which those with a logarithmic scale are sign(x) log(1 + |x|)."""
    where = [option.scale == "log" for option in options]
    return tf.where(where, tf.sign(numbers) * tf.math.log1p(tf.abs(numbers)), numbers) if any(where) else numbers


def fill(options: Sequence[Numeric], moments: Moments, shrunk: tf.Tensor) -> tf.Tensor:
    """Returns [batch, columns] with what each option says in the place of NaN."""
    given = [math.nan if option.impute == "mean" else option.impute - option.offset for option in options]
    imputed = shrink(options, tf.constant(given, tf.float32))
    fillers = tf.where(tf.math.is_nan(imputed), tf.constant(moments.mean, tf.float32), imputed)
    return tf.where(tf.math.is_nan(shrunk), fillers, shrunk)


def scale(options: Sequence[Numeric], moments: Moments, shrunk: tf.Tensor) -> tf.Tensor:
    """Returns [batch, columns], float32, each as its option says; NaN, which is missing, is imputed.

    A column without a spread becomes zeros.
    """
    kinds = np.array([option.scale for option in options])
    standard, ranged = np.isin(kinds, ("z_score", "log")), kinds == "min_max"
    offset = np.where(standard, moments.mean, np.where(ranged & (moments.count > 0), moments.low, 0.0))
    unit = np.where(standard, moments.deviation, np.where(ranged, moments.range, 1.0))
    whole = fill(options, moments, shrunk)
    return tf.math.divide_no_nan(whole - tf.constant(offset, tf.float32), tf.constant(unit, tf.float32))


def cut(edges: Mapping[str, Sequence[float]], whole: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the ids, int64 [batch, 1], of the buckets that [batch, columns] fall into, by column.

    An edge belongs to the bucket above it, as `tft.apply_buckets` has it.
    """
    columns = zip(edges.items(), tf.unstack(whole, num=len(edges), axis=1), strict=True) if edges else ()
    return {
        name: tf.searchsorted(tf.constant(bounds, tf.float32), column, side="right", out_type=tf.int64)[:, None]
        for (name, bounds), column in columns
    }
