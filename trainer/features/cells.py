"""What the raw columns hold, as tensors that kinds of feature begin with: of tf.Examples and of raw requests alike.

All numbers are one tensor, NUMBERS, float32 [batch, features], NaN where one is missing: a graph does not grow with
them. Else a feature that holds at most one value a row is [batch, 1], with "" or MISSING where there is none, and one
that holds lists is sparse, [batch, longest].
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

import tensorflow as tf

from configs.schema.features import Boolean, Categorical, Feature, Image, Numeric, Steps, Timestamp
from configs.schema.spelling import PLAIN

NUMBERS = "all.numbers"  # unlike what any feature's own columns are called
MISSING = tf.int64.min
Cells: TypeAlias = dict[str, tf.Tensor | tf.SparseTensor]
ABSENT = {tf.float32: float("nan"), tf.string: "", tf.int64: MISSING}


def holds_list(feature: Feature) -> bool:
    """Whether a row may hold several values of a feature."""
    return isinstance(feature, Steps) or (isinstance(feature, Image) and feature.columns is not None)


def from_examples(features: Mapping[str, Feature], columns: Mapping[str, tf.SparseTensor]) -> Cells:
    """Returns the cells of columns as they are parsed from tf.Examples, whose numbers are less their offset."""
    found: Cells = {}
    numbers, texts, wholes = (list_names(features, dtype) for dtype in ABSENT)
    if numbers:
        found[NUMBERS] = lay_out([columns[name] for name in numbers])
    if texts:
        found |= _part(texts, unify([features[name] for name in texts], lay_out([columns[name] for name in texts])))
    if wholes:
        found |= _part(wholes, lay_out([columns[name] for name in wholes]))
    return found | {name: columns[name] for name, feature in features.items() if holds_list(feature)}


def from_request(features: Mapping[str, Feature], tensors: Mapping[str, tf.Tensor]) -> Cells:
    """Returns the cells of tensors as `raw_tensors` describes them, by feature."""
    found: Cells = {}
    numbers, texts, wholes = (list_names(features, dtype) for dtype in ABSENT)
    if numbers:
        matrix, offsets = tf.stack([tensors[name] for name in numbers], axis=1), list_offsets(features, numbers)
        found[NUMBERS] = tf.cast(matrix - tf.constant(offsets, matrix.dtype) if any(offsets) else matrix, tf.float32)
    if texts:
        matrix = tf.stack([tensors[name] for name in texts], axis=1)
        found |= _part(texts, unify([features[name] for name in texts], matrix))
    for name in wholes:
        whole = tensors[name][:, None]
        found[name] = tf.where(tf.math.is_nan(whole), MISSING, tf.cast(whole, tf.int64))
    return found | {
        name: gather(tensors[name], find_type(feature)) for name, feature in features.items() if holds_list(feature)
    }


def describe(features: Mapping[str, Feature]) -> dict[str, tf.TypeSpec]:
    """Returns what a graph takes that takes cells."""
    found: dict[str, tf.TypeSpec] = {}
    if numbers := list_names(features, tf.float32):
        found[NUMBERS] = tf.TensorSpec([None, len(numbers)], tf.float32)
    for dtype in (tf.string, tf.int64):
        found |= dict.fromkeys(list_names(features, dtype), tf.TensorSpec([None, 1], dtype))
    lists = {name: find_type(feature) for name, feature in features.items() if holds_list(feature)}
    return found | {name: tf.SparseTensorSpec([None, None], dtype) for name, dtype in lists.items()}


def list_names(features: Mapping[str, Feature], dtype: tf.DType) -> list[str]:
    """Returns the features that hold at most one value a row, of this type."""
    return [name for name, feature in features.items() if not holds_list(feature) and find_type(feature) == dtype]


def list_offsets(features: Mapping[str, Feature], names: Sequence[str]) -> list[float]:
    """Returns what is taken off the numbers of these features."""
    return [getattr(features[name], "offset", 0.0) for name in names]


def lay_out(columns: Sequence[tf.SparseTensor]) -> tf.Tensor:
    """Returns [batch, columns] of columns of one type that hold at most one value a row.

    As many operations for a thousand columns as for one; a second value in a row is an error of the graph's.
    """
    values = tf.concat([column.values for column in columns], 0)
    rows, places = tf.unstack(tf.concat([column.indices for column in columns], 0), num=2, axis=1)
    counts = tf.concat(tf.shape_n([column.values for column in columns], out_type=tf.int64), 0)
    numbers = tf.repeat(tf.range(len(columns), dtype=tf.int64), counts)
    shape = tf.stack([columns[0].dense_shape[0], len(columns), 1])
    cells = tf.fill(shape, tf.constant(ABSENT[values.dtype], values.dtype))
    laid = tf.tensor_scatter_nd_update(cells, tf.stack([rows, numbers, places], axis=1), values)
    return tf.ensure_shape(laid[:, :, 0], [None, len(columns)])


def unify(features: Sequence[Feature], texts: tf.Tensor) -> tf.Tensor:
    """Returns [batch, features], in which equal values of categories are equal, as data is read for training."""
    categories = [isinstance(feature, Categorical) for feature in features]
    if not any(categories):
        return texts
    for name, change in (("trim", tf.strings.strip), ("lower", partial(tf.strings.lower, encoding="utf-8"))):
        wanted = [getattr(feature, name, False) for feature in features]
        texts = tf.where(wanted, change(texts), texts) if any(wanted) else texts
    plain = texts
    for pattern, replacement in PLAIN:
        plain = tf.strings.regex_replace(plain, pattern, replacement)
    return tf.where(categories, plain, texts)


def gather(cells: tf.Tensor, dtype: tf.DType) -> tf.SparseTensor:
    """Returns the numbers of [batch, longest] that are there, as they are parsed from tf.Examples."""
    held = tf.ragged.boolean_mask(cells, ~tf.math.is_nan(cells))
    return held.with_values(tf.cast(held.values, dtype)).to_sparse()


def _part(names: Sequence[str], matrix: tf.Tensor) -> dict[str, tf.Tensor]:
    return dict(zip(names, tf.split(matrix, len(names), axis=1), strict=True))


def find_type(feature: Feature) -> tf.DType:
    """Returns the type of a feature's cells in tf.Examples."""
    match feature:
        case Boolean() | Timestamp() | Categorical(ids=int()) | Steps(ids=int()):
            return tf.int64
        case Numeric() | Steps() | Image(columns=tuple()):
            return tf.float32
        case _:
            return tf.string
