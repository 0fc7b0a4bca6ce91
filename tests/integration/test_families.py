"""What a model of one's own asks of the whole pipeline."""

import re

import pytest

from tests.sandbox import YAML, Sandbox

pytestmark = pytest.mark.full

MODULE = """\
import keras
from trainer.labels import predict
from trainer.models.layers import encode, inputs

@keras.saving.register_keras_serializable("own")
class Double(keras.layers.Layer):
    def call(self, tensor):
        return 2 * tensor

def build(options, label, columns):
    tensors = inputs(columns)
    deep = keras.layers.Dense(options["width"], activation="tanh")(encode(columns, tensors, 4))
    return keras.Model(tensors, predict(keras.layers.Dense(1)(Double()(deep)), label))
"""


def test_trees_are_published(sandbox: Sandbox) -> None:
    text = YAML.replace("{family: dnn, hidden_units: [8]}", "{family: boosted_trees, max_iter: 20}")
    sandbox.config.write_text(re.sub(r"(?m)^training:.*", "training: {early_stopping: {patience: 5}}", text))
    published = sandbox.run()
    assert (published.code, published.states["LoadCheck"], published.states["Pusher"]) == (0, "done", "done")


def test_a_model_of_ones_own_is_published_and_trained_anew_once_it_changes(sandbox: Sandbox) -> None:
    model = "{family: custom, module: own.py, options: {width: 4}}"
    sandbox.config.write_text(YAML.replace("{family: dnn, hidden_units: [8]}", model))
    module = sandbox.folder / "own.py"
    module.write_text(MODULE.replace("columns):", "columns):\n    raise ValueError('not yet')"))
    refused = sandbox.run()
    assert (refused.code, refused.record["error"]["where"]) == (1, f"{module}:11")
    assert refused.record["error"]["what"] == "ValueError: not yet"
    module.write_text(MODULE)
    published = sandbox.run()
    assert (published.code, published.states["Trainer"], published.states["LoadCheck"]) == (0, "done", "done")
    assert sandbox.run().states["Trainer"] == "cached"
    module.write_text(MODULE.replace("2 * tensor", "3 * tensor"))
    assert sandbox.run("--until", "Trainer").states == {
        **dict.fromkeys(("ExampleGen", "StatisticsGen", "Transform"), "cached"),
        **dict.fromkeys(("SchemaGen", "DataGate"), "done"),  # for the first time against what is in service
        "Trainer": "done",
    }
