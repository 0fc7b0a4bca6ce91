"""What a model is made of, as plain data: its layers, for a person to read."""

from collections.abc import Mapping
from typing import Any

import keras


def describe_layers(model: Any) -> list[dict[str, Any]]:
    """Returns name, kind, output shape (None is the batch) and number of weights of each layer, inputs among them, and
    which layers it reads; they stand before it.

    Empty for what is no Keras model of layers, as one of several models is.
    """
    layers = [layer for layer in getattr(model, "layers", []) if layer.built]
    made = {id(tensor): op for op in getattr(model, "operations", []) for tensor in _flatten(op, "output")}
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "shape": _shape(layer),
            "parameters": layer.count_params(),
            "reads": sorted(_find_sources(layer, made)),
        }
        for layer in layers
    ]


def _find_sources(op: keras.Operation, made: Mapping[int, keras.Operation]) -> set[str]:
    """Returns the layers whose outputs an operation reads, be it by way of operations that are none."""
    found: set[str] = set()
    for source in (made[id(tensor)] for tensor in _flatten(op, "input") if id(tensor) in made):
        if source is not op:  # an input is its own
            found |= {source.name} if isinstance(source, keras.layers.Layer) else _find_sources(source, made)
    return found


def _flatten(op: keras.Operation, side: str) -> list[keras.KerasTensor]:
    """Returns the tensors of a side, none of an operation that a model has several times."""
    try:
        return keras.tree.flatten(getattr(op, side))
    except (AttributeError, ValueError):
        return []


def _shape(layer: keras.layers.Layer) -> list[int | None] | None:
    try:
        return list(layer.output.shape)
    except (AttributeError, ValueError):  # it has several outputs
        return None
