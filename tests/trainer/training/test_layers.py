"""The layers of a model are told as Keras has them."""

import keras
import pytest

from trainer.training.layers import describe_layers

pytestmark = pytest.mark.slow


def test_each_layer_is_told_but_the_inputs():
    seen = keras.Input((4,), name="seen")
    model = keras.Model(seen, keras.layers.Dense(1, name="out")(keras.layers.Dense(3, name="hidden")(seen)))
    assert describe_layers(model) == [
        {"name": "hidden", "kind": "Dense", "shape": [None, 3], "parameters": 15},
        {"name": "out", "kind": "Dense", "shape": [None, 1], "parameters": 4},
    ]
    assert sum(layer["parameters"] for layer in describe_layers(model)) == model.count_params()


def test_a_layer_that_is_called_twice_has_no_one_shape():
    seen, shared = keras.Input((4,)), keras.layers.Dense(4, name="shared")
    model = keras.Model(seen, shared(shared(seen)))
    assert [(layer["name"], layer["shape"]) for layer in describe_layers(model)] == [("shared", None)]


def test_what_has_no_layers_has_none():
    assert describe_layers(object()) == []
