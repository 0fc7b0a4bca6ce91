"""Augmentation: training rows changed at random, each time they are seen, on their way to the model.

It is no part of the model, which answers, and is exported, without it.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

from configs.errors import ConfigError
from configs.schema.augmentation import Augmentation, Images, Numbers, Sequences, Texts
from configs.schema.config import Label
from trainer.features.transforms import Column
from trainer.training.dataset import Batch
from trainer.training.mixing import mix

Tensor: TypeAlias = tf.Tensor
fold_in = tf.random.experimental.stateless_fold_in


def augment(options: Augmentation, columns: Sequence[Column], label: Label) -> Callable[[Batch, Tensor], Batch]:
    """Returns what changes a batch by a seed, int64 [2], on which alone all chance depends.

    Raises ConfigError for a kind of column that there is none of.
    """
    for kind, takes in TAKES.items():
        if getattr(options, kind) and not any(map(takes, columns)):
            raise ConfigError(f"there are no {kind} to change", f"model.augment.{kind}", "Leave it out.")
    masks = {column.mask_of: column.name for column in columns if column.mask_of}

    def change(rows: Batch, seed: Tensor) -> Batch:
        batch, *others = rows
        changed = dict(batch)
        for number, column in enumerate(column for column in columns if column.name in batch):
            own, values = fold_in(seed, number), batch[column.name]
            if options.images and TAKES["images"](column):
                changed[column.name] = change_images(values, options.images, own)
            if options.texts and TAKES["texts"](column):
                changed[column.name] = drop_words(values, options.texts, (column.size or 1) - 1, own)
            if options.sequences and TAKES["sequences"](column):
                changed[column.name] = jitter(values, batch.get(masks.get(column.name, "")), options.sequences, own)
            if options.numbers and TAKES["numbers"](column):
                changed[column.name] = jitter(values, None, options.numbers, own)
        return mix((changed, *others), options, label, seed) if options.mixes else (changed, *others)

    return change


TAKES: dict[str, Callable[[Column], bool]] = {
    "numbers": lambda column: column.size is None and not column.mask_of and len(column.shape or ()) <= 1,
    "images": lambda column: len(column.shape or ()) == 3,
    "texts": lambda column: column.size is not None and column.length is not None,
    "sequences": lambda column: len(column.shape or ()) == 2,
}


def change_images(images: Tensor, options: Images, seed: Tensor) -> Tensor:
    """Returns images, float32 [batch, height, width, channels] in 0..1, each changed in its own way."""
    if options.flip or options.rotation or options.crop or options.zoom:
        images = _move(images, options, seed)
    if options.contrast:
        mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
        images = (images - mean) * (1 + _draw(images, seed, 6, options.contrast)[:, None, None, None]) + mean
    if options.noise:
        images += tf.random.stateless_normal(tf.shape(images), fold_in(seed, 7), stddev=options.noise)
    return tf.clip_by_value(images, 0.0, 1.0)


def drop_words(words: Tensor, options: Texts, unknown: int, seed: Tensor) -> Tensor:
    """Returns words, int64 [batch, length], some of them the unknown one (Iyyer et al., 2015); padding stays."""
    dropped = tf.random.stateless_uniform(tf.shape(words), seed) < options.dropout
    return tf.where(dropped & (words != 0), tf.constant(unknown, words.dtype), words)


def jitter(numbers: Tensor, mask: Tensor | None, options: Sequences | Numbers, seed: Tensor) -> Tensor:
    """Returns numbers, float32 [batch, ...], with noise; padding, of [batch, steps, width], stays."""
    noise = tf.random.stateless_normal(tf.shape(numbers), seed, stddev=options.jitter)
    return numbers + (noise if mask is None else noise * tf.cast(mask, numbers.dtype)[..., None])


def _move(images: Tensor, options: Images, seed: Tensor) -> Tensor:
    """Returns the images flipped, turned, cut and zoomed, all by one look at where each pixel comes from."""
    height, width = images.shape[1], images.shape[2]
    right, down = (_flip(images, seed, place, options.flip in (way, "both")) for place, way in enumerate(WAYS))
    angle = _draw(images, seed, 2, math.radians(options.rotation))
    left = 1 - (_draw(images, seed, 3, options.crop) + options.crop) / 2  # the share of each side that is left
    scale = left / (1 + _draw(images, seed, 4, options.zoom))
    shift = tf.random.stateless_uniform([2, tf.shape(images)[0]], fold_in(seed, 5), -0.5, 0.5) * (1 - left)
    cos, sin, zero = scale * tf.cos(angle), scale * tf.sin(angle), tf.zeros_like(angle)
    across, along = (width - 1) / 2, (height - 1) / 2
    matrix = [right * cos, -down * sin, zero, right * sin, down * cos, zero, zero, zero]
    matrix[2] = across - matrix[0] * across - matrix[1] * along + shift[0] * width
    matrix[5] = along - matrix[3] * across - matrix[4] * along + shift[1] * height
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack(matrix, axis=1),
        output_shape=[height, width],
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )


WAYS = ("horizontal", "vertical")


def _flip(images: Tensor, seed: Tensor, place: int, wanted: bool) -> Tensor:
    """Returns -1 for half of the images, 1 for the others, [batch]."""
    return tf.where(_draw(images, seed, place, 1.0) < 0, -1.0, 1.0) if wanted else tf.ones(tf.shape(images)[0])


def _draw(images: Tensor, seed: Tensor, place: int, most: float) -> Tensor:
    """Returns a number for each image, from -most to most, [batch]."""
    return tf.random.stateless_uniform([tf.shape(images)[0]], fold_in(seed, place), -most, most)
