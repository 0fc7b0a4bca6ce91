"""The preprocessing function of TFX Transform: raw columns in, model columns and the label out."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from trainer.features.transforms import dense, transform
from trainer.settings import Columns

NO_LABEL = -1


def preprocessing_fn(inputs: Mapping[str, tf.SparseTensor], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Returns the columns of every feature, the label, and the weight, if any: [batch, 1].

    The label is [batch, 1], an id or a number; of several at once [batch, classes], 1 for those that a row has.
    `custom_config["columns"]` is a `Columns` as JSON.
    """
    columns = Columns.model_validate_json(custom_config["columns"])
    outputs = transform(columns.features, inputs)
    label, values = columns.label, inputs[columns.label.name]
    outputs[label.name] = mark(values, len(label.values)) if label.kind == "multilabel" else dense(values, NO_LABEL)
    if columns.weight:
        outputs[columns.weight] = dense(inputs[columns.weight], 1.0)
    return outputs


def mark(ids: tf.SparseTensor, count: int) -> tf.Tensor:
    """Returns [batch, count], int64: 1 at the ids that a row has."""
    marks = tf.reduce_sum(tf.one_hot(tf.sparse.to_dense(ids, default_value=NO_LABEL), count, dtype=tf.int64), axis=1)
    return tf.ensure_shape(marks, [None, count])
