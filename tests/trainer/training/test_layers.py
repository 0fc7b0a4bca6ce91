"""The layers of a model are told as Keras has them."""

import keras
import pytest

from trainer.training.layers import describe_layers

pytestmark = pytest.mark.slow


def test_each_layer_is_told_with_those_that_it_reads():
    seen = keras.Input((4,), name="seen")
    hidden = keras.layers.Dense(4, name="hidden")(seen)
    model = keras.Model(seen, keras.layers.Dense(1, name="out")(keras.ops.add(2 * hidden, seen)))
    assert describe_layers(model) == [
        {"name": "seen", "kind": "InputLayer", "shape": [None, 4], "parameters": 0, "reads": []},
        {"name": "hidden", "kind": "Dense", "shape": [None, 4], "parameters": 20, "reads": ["seen"]},
        {"name": "out", "kind": "Dense", "shape": [None, 1], "parameters": 5, "reads": ["hidden", "seen"]},
    ]
    assert sum(layer["parameters"] for layer in describe_layers(model)) == model.count_params()


def test_what_has_no_layers_has_none():
    assert describe_layers(object()) == []
