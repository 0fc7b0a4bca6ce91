"""The preprocessing function of TFX Transform: raw columns in, model columns and the label out."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from trainer.features import dense, transform
from trainer.settings import Columns

NO_LABEL = -1


def preprocessing_fn(inputs: Mapping[str, tf.SparseTensor], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Returns the columns of every feature, and [batch, 1] of the label (an id or a number) and of the weight, if any.

    `custom_config["columns"]` is a `Columns` as JSON.
    """
    columns = Columns.model_validate_json(custom_config["columns"])
    outputs = transform(columns.features, inputs)
    outputs[columns.label.name] = dense(inputs[columns.label.name], NO_LABEL)
    if columns.weight:
        outputs[columns.weight] = dense(inputs[columns.weight], 1.0)
    return outputs
