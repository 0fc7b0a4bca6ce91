"""The feature kinds, each once: its transform, and the columns that a model sees of it."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft

from configs.schema.features import Boolean, Categorical, Feature, Image, Numeric, Steps, Timestamp, Words
from trainer.features import image, sequence
from trainer.features.numeric import scale
from trainer.features.vocabulary import learn

Parts = dict[str, tf.Tensor]
DAY = 86_400  # seconds
NO_WORD = r"[^\p{L}\p{M}\p{N}]+"
PARTS = {
    "hour": ("hour_sin", "hour_cos"),
    "day_of_week": ("day_of_week_sin", "day_of_week_cos"),
    "day": ("day_sin", "day_cos"),
    "month": ("month_sin", "month_cos"),
    "year": ("year",),
}
NUMBERS = ("number", "bucket", "year")  # what is not done before it is scaled


@dataclass(frozen=True)
class Column:
    """What a model sees: a number, an id below `size`, `length` ids of which 0 is padding, or a `shape` of numbers.

    A shape is the (height, width, channels) of an image in 0..1, or the (steps, width) of a sequence, float32. A mask
    has the `length` of a sequence, int64, with 1 for each step of the column `mask_of` that is none of padding.
    """

    name: str
    size: int | None = None
    length: int | None = None
    shape: tuple[int, ...] | None = None
    mask_of: str | None = None

    def input(self) -> keras.KerasTensor:
        whole = self.size is not None or self.mask_of is not None
        return keras.Input(self.shape or (self.length or 1,), name=self.name, dtype="int64" if whole else "float32")


def transform(features: Mapping[str, Feature], inputs: Mapping[str, tf.SparseTensor]) -> Parts:
    """Returns the columns of the raw features by name; called within TFX Transform's `preprocessing_fn`.

    A number or an id is [batch, 1], words are [batch, length], images and steps are [batch, *shape].
    """
    made: Parts = {}
    numbers: dict[str, Numeric] = {}
    vocabularies = _learn(features, inputs)
    for name, feature in features.items():
        for part, tensor in TRANSFORMS[feature.kind](feature, inputs[name], vocabularies.get(escape(name))).items():
            made[name_column(name, part)] = tensor
            if part in NUMBERS:
                numbers[name_column(name, part)] = feature if isinstance(feature, Numeric) else Numeric(kind="numeric")
    return made | scale(numbers, made)


def columns(features: Mapping[str, Feature], vocabulary_size: Callable[[str], int]) -> list[Column]:
    """Returns what a model sees of the features, sized by the vocabularies that Transform found."""
    return [
        Column(name_column(name, part), **shape)
        for name, feature in features.items()
        for part, shape in _shape(escape(name), feature, vocabulary_size)
    ]


def name_column(feature: str, part: str) -> str:
    """Returns a name for a part of a feature, unlike the feature's own.

    The Evaluator looks for a column to slice by in what Transform made first: it is to find the raw values.
    """
    return f"{escape(feature)}.{part}"


def escape(name: str) -> str:
    """Returns letters, digits and underscores only, as Keras and the files of vocabularies need; no two are alike."""
    return re.sub(r"\W|_", lambda found: "__" if found[0] == "_" else f"_{ord(found[0]):x}_", name)


def dense(values: tf.SparseTensor, missing: float | str) -> tf.Tensor:
    """Returns [batch, 1] of a feature that holds at most one value a row, `missing` where it holds none."""
    shape = tf.stack([values.dense_shape[0], 1])
    return tf.sparse.to_dense(tf.SparseTensor(values.indices, values.values, shape), default_value=missing)


def _shape(name: str, feature: Feature, vocabulary_size: Callable[[str], int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the parts of a feature, and what a `Column` says of each."""
    match feature:
        case Numeric(buckets=None):
            yield "number", {}
        case Numeric():
            yield "bucket", {"size": feature.buckets}
        case Categorical(hash=int()):
            yield "id", {"size": feature.hash}
        case Categorical(ids=int() as count):
            yield "id", {"size": count + 1}  # and one for all other values
        case Categorical():
            yield "id", {"size": vocabulary_size(name) + feature.oov}
        case Boolean():
            yield "id", {"size": 3}  # false, true, missing
        case Timestamp():
            yield from ((column, {}) for part in feature.parts for column in PARTS[part])
        case Words():
            size = 1 + vocabulary_size(name) + 1  # padding, words, and all other words
            yield "words", {"size": size, "length": feature.length}
        case Image():
            yield "image", {"shape": (feature.height, feature.width, feature.channels)}
        case Steps(ids=int() as count):
            yield "ids", {"size": 1 + count + 1, "length": feature.length}  # padding, ids, and all others
        case Steps():
            yield "steps", {"shape": (feature.length, feature.width)}
            yield "mask", {"length": feature.length, "mask_of": f"{name}.steps"}


def _learn(features: Mapping[str, Feature], inputs: Mapping[str, tf.SparseTensor]) -> Parts:
    """Returns the vocabularies of the features that have one, by escaped name."""
    words, sizes = {}, {}
    for name, feature in features.items():
        match feature:
            case Categorical(vocabulary=int() as size):
                words[escape(name)], sizes[escape(name)] = inputs[name].values, size
            case Words(vocabulary=size):
                words[escape(name)], sizes[escape(name)] = _split(feature, inputs[name]).values, size
    return learn(sizes, words)


def _numeric(feature: Numeric, values: tf.SparseTensor, vocabulary: None) -> Parts:
    return {"bucket" if feature.buckets else "number": dense(values, math.nan)}


def _categorical(feature: Categorical, values: tf.SparseTensor, vocabulary: tf.Tensor | None) -> Parts:
    if feature.hash:
        return {"id": tf.strings.to_hash_bucket_fast(dense(values, ""), feature.hash)}
    if feature.ids:
        return {"id": sequence.bound(dense(values, -1), feature.ids)}
    return {"id": tft.apply_vocabulary(dense(values, ""), vocabulary, num_oov_buckets=feature.oov)}


def _boolean(feature: Boolean, values: tf.SparseTensor, vocabulary: None) -> Parts:
    return {"id": tf.clip_by_value(dense(values, 2), 0, 2)}


def _timestamp(feature: Timestamp, values: tf.SparseTensor, vocabulary: None) -> Parts:
    """A missing moment becomes zeros: off every circle, and the mean of the years."""
    turns = _divide(values.values)
    found: Parts = {}
    for part in feature.parts:
        angle = 2 * math.pi * turns[part]
        shown = (turns[part],) if part == "year" else (tf.sin(angle), tf.cos(angle))
        found |= zip(PARTS[part], shown, strict=True)
    return {
        part: dense(tf.SparseTensor(values.indices, number, values.dense_shape), math.nan if part in NUMBERS else 0.0)
        for part, number in found.items()
    }


def _divide(seconds: tf.Tensor) -> Parts:
    """Returns how far each moment is through the day, the week (from Monday), the month and the year, and its year.

    The civil date of a day is by Hinnant's `civil_from_days`: years of 400-year eras that begin in March.
    """
    days = seconds // DAY
    shifted = days + 719_468  # from 0000-03-01
    of_era = shifted % 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # 0 is March
    day = of_year - (153 * month + 2) // 5
    since_1970 = year + shifted // 146_097 * 400 + month // 10 - 1970
    turns = {
        "hour": (seconds % DAY, DAY),
        "day_of_week": ((days + 3) % 7, 7),
        "day": (day, 31),
        "month": ((month + 2) % 12, 12),
        "year": (since_1970, 1),
    }
    return {part: tf.cast(count, tf.float32) / whole for part, (count, whole) in turns.items()}


def _split(feature: Words, values: tf.SparseTensor) -> tf.RaggedTensor:
    text = tf.strings.lower(dense(values, "")[:, 0], encoding="utf-8")
    return tf.strings.split(tf.strings.regex_replace(text, NO_WORD, " "))[:, : feature.length]


def _words(feature: Words, values: tf.SparseTensor, vocabulary: tf.Tensor) -> Parts:
    ids = tft.apply_vocabulary(_split(feature, values).to_sparse(), vocabulary, num_oov_buckets=1)
    shape = tf.stack([values.dense_shape[0], feature.length])
    padded = tf.sparse.to_dense(tf.SparseTensor(ids.indices, ids.values + 1, shape))
    return {"words": tf.ensure_shape(padded, [None, feature.length])}


def _image(feature: Image, values: tf.SparseTensor, vocabulary: None) -> Parts:
    return {"image": image.assemble(values, feature) if feature.columns else image.decode(values, feature)}


def _steps(feature: Steps, values: tf.SparseTensor, vocabulary: None) -> Parts:
    if feature.ids:
        return {"ids": sequence.pad_ids(values, feature.ids, feature.length)}
    steps, mask = sequence.pad(values, feature)
    return {"steps": steps, "mask": mask}


TRANSFORMS: dict[str, Callable[..., Parts]] = {
    "numeric": _numeric,
    "categorical": _categorical,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "text": _words,
    "image": _image,
    "sequence": _steps,
}
