"""What a model is made of, as plain data: its layers, for a person to read."""

from typing import Any

import keras


def describe_layers(model: Any) -> list[dict[str, Any]]:
    """Returns name, kind, output shape (None is the batch) and number of weights of each layer but the inputs.

    Empty for what is no Keras model of layers, as one of several models is.
    """
    return [
        {"name": layer.name, "kind": type(layer).__name__, "shape": _shape(layer), "parameters": layer.count_params()}
        for layer in getattr(model, "layers", [])
        if not isinstance(layer, keras.layers.InputLayer) and layer.built
    ]


def _shape(layer: keras.layers.Layer) -> list[int | None] | None:
    try:
        return list(layer.output.shape)
    except (AttributeError, ValueError):  # it has several outputs, or was called several times
        return None
