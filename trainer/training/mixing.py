"""Mixing: a row that is seen is made of two, and its label has a share of either's."""

from typing import TypeAlias

import tensorflow as tf

from configs.schema.augmentation import Augmentation
from configs.schema.config import Label
from trainer.labels import count_units, share_out
from trainer.training.dataset import Batch

Tensor: TypeAlias = tf.Tensor
PLACE = 1 << 20  # among the numbers by which a seed is split, beyond those of any column
fold_in = tf.random.experimental.stateless_fold_in


def mix(batch: Batch, options: Augmentation, label: Label, seed: Tensor) -> Batch:
    """Returns the batch with a part of another of its rows in each: mixup (Zhang et al., 2018), or cutmix (Yun, 2019).

    Labels of several classes become shares, float32 [batch, classes]; weights become those of what is left of each row.
    """
    columns, answers, *weights = batch
    rows, own = tf.shape(answers)[0], fold_in(seed, PLACE)
    order = tf.random.experimental.stateless_shuffle(tf.range(rows), own)
    share = draw_share(options.mixup or options.cutmix or 1.0, rows, own)
    if options.cutmix:
        parts = {name: cut_out(values, share, own) for name, values in columns.items()}
        share = tf.add_n([tf.reduce_mean(part, axis=[1, 2, 3]) for part in parts.values()]) / len(parts)
    else:
        parts = dict.fromkeys(columns, share)
    mixed = {name: blend(values, tf.gather(values, order), parts[name]) for name, values in columns.items()}
    known = share_out(answers, count_units(label)) if label.kind == "multiclass" else tf.cast(answers, tf.float32)
    if not weights:
        return mixed, blend(known, tf.gather(known, order), share)
    weight = blend(weights[0], tf.gather(weights[0], order), share)
    part = tf.math.divide_no_nan(share * tf.reshape(weights[0], [-1]), tf.reshape(weight, [-1]))
    return mixed, blend(known, tf.gather(known, order), part), weight


def draw_share(alpha: float, rows: Tensor, seed: Tensor) -> Tensor:
    """Returns what is left of each row, float32 [batch]: by Beta(alpha, alpha), as the share of one Gamma in two."""
    one, other = (tf.random.stateless_gamma([rows], fold_in(seed, place), alpha) for place in (1, 2))
    return tf.clip_by_value(tf.math.divide_no_nan(one, one + other), 0.0, 1.0)


def cut_out(images: Tensor, share: Tensor, seed: Tensor) -> Tensor:
    """Returns [batch, height, width, 1]: 0 in a rectangle of the image's shape, anywhere, 1 where the image is left."""
    middle = tf.random.stateless_uniform([2, tf.shape(share)[0]], fold_in(seed, 3))
    reach = tf.sqrt(1 - share) / 2
    inside = []
    for axis, size in enumerate(images.shape[1:3]):
        places = (tf.range(size, dtype=tf.float32) + 0.5) / size
        inside.append(tf.abs(places[None] - middle[axis][:, None]) < reach[:, None])
    return tf.cast(~(inside[0][:, :, None] & inside[1][:, None]), tf.float32)[..., None]


def blend(one: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """Returns share times the one and the rest of the other; the share is that of each row, or of each place in it."""
    part = tf.reshape(share, [-1, *[1] * (len(one.shape) - 1)]) if len(share.shape) == 1 else share
    return part * one + (1 - part) * other
