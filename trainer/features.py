"""The feature kinds, each once: its transform, and the column that a model sees of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import tensorflow as tf
import tensorflow_transform as tft

from configs.schema import Categorical, Feature, Numeric


@dataclass(frozen=True)
class Column:
    """A transformed feature of shape [batch, 1]: an id below `size`, or a number when `size` is None."""

    name: str
    size: int | None = None

    def input(self) -> keras.KerasTensor:
        return keras.Input((1,), name=self.name, dtype="int64" if self.size else "float32")


def transform(name: str, feature: Feature, values: tf.SparseTensor) -> tf.Tensor:
    """Returns the column of one raw feature, [batch, 1]; called within TFX Transform's `preprocessing_fn`."""
    return TRANSFORMS[feature.kind](name, feature, values)


def columns(features: Mapping[str, Feature], vocabulary_size: Callable[[str], int]) -> list[Column]:
    """Returns what a model sees of each feature, sized by the vocabularies that Transform found."""
    return [Column(name, _size(name, feature, vocabulary_size)) for name, feature in features.items()]


def dense(values: tf.SparseTensor, missing: float | str) -> tf.Tensor:
    """Returns [batch, 1] of a feature that holds at most one value a row, `missing` where it holds none."""
    shape = tf.stack([values.dense_shape[0], 1])
    return tf.sparse.to_dense(tf.SparseTensor(values.indices, values.values, shape), default_value=missing)


def _numeric(name: str, feature: Numeric, values: tf.SparseTensor) -> tf.Tensor:
    seen = values.values  # all that is learnt is learnt from these at once: one pass over the data
    fill = tft.mean(seen) if feature.impute == "mean" else tf.constant(feature.impute, tf.float32)
    number = dense(values, float("nan"))
    number = tf.where(tf.math.is_nan(number), tf.fill(tf.shape(number), fill), number)
    if feature.buckets:
        return tft.apply_buckets(number, tft.quantiles(seen, feature.buckets, epsilon=0.01, name=name))
    return SCALES[feature.scale](number, seen)


def _z_score(number: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
    return tf.math.divide_no_nan(number - tft.mean(seen), tf.sqrt(tft.var(seen)))


def _min_max(number: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
    low = tft.min(seen)
    return tf.math.divide_no_nan(number - low, tft.max(seen) - low)


def _categorical(name: str, feature: Categorical, values: tf.SparseTensor) -> tf.Tensor:
    return tft.compute_and_apply_vocabulary(
        dense(values, ""), top_k=feature.vocabulary, num_oov_buckets=feature.oov, vocab_filename=name
    )


def _size(name: str, feature: Feature, vocabulary_size: Callable[[str], int]) -> int | None:
    if isinstance(feature, Categorical):
        return vocabulary_size(name) + feature.oov
    return feature.buckets


SCALES: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "z_score": _z_score,
    "min_max": _min_max,
    "none": lambda number, seen: number,
}
TRANSFORMS: dict[str, Callable[..., tf.Tensor]] = {"numeric": _numeric, "categorical": _categorical}
