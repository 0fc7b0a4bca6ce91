"""The preprocessing function of TFX Transform: raw columns in, model columns and the label out."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from trainer.features import dense, transform
from trainer.settings import Columns


def preprocessing_fn(inputs: Mapping[str, tf.SparseTensor], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Returns a [batch, 1] tensor for every feature and for the label (int64), as `columns` in the config says."""
    columns = Columns.model_validate_json(custom_config["columns"])
    outputs = {name: transform(name, feature, inputs[name]) for name, feature in columns.features.items()}
    outputs[columns.label.name] = dense(inputs[columns.label.name], -1)
    return outputs
