"""What a family or a kind of label asks of the whole pipeline, from the YAML to a scored row."""

import json
import random

import pytest

from tests.sandbox import YAML, Sandbox

pytestmark = pytest.mark.slow

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
SEVERAL = """\
name: trips
data: {format: csv, path: rows.csv}
label: {name: topics, kind: multilabel, classes: [cold, wet, dark]}
features:
  frost: {kind: numeric}
  rain: {kind: numeric}
  season: {kind: categorical, vocabulary: 4}
model: {family: dnn, hidden_units: [8]}
training: {batch_size: 32, epochs: 10, optimizer: {learning_rate: 1e-2}}
evaluation: {thresholds: {auc: {min: 0.95}}}
storage: {root: workspace}
"""


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
        **dict.fromkeys(("ExampleGen", "StatisticsGen", "SchemaGen", "DataGate", "Transform"), "cached"),
        "Trainer": "done",
    }


def test_several_classes_at_once_are_learnt_and_named(tmp_path) -> None:
    place, chance = Sandbox(tmp_path), random.Random(1)
    place.config.write_text(SEVERAL)
    with place.data.open("w") as file:
        file.write("frost,rain,season,topics\n")
        for _ in range(2000):
            frost, rain, season = chance.gauss(0, 1), chance.gauss(0, 1), chance.choice(["summer", "winter"])
            topics = ["dark"] * (season == "winter") + ["wet"] * (rain > 0) + ["cold"] * (frost > 0)
            file.write(f"{frost:.4f},{rain:.4f},{season},{'|'.join(topics)}\n")
    answer = place.run()
    assert answer.code == 0, answer.stderr
    row = json.dumps({"frost": 2, "rain": -2, "season": "winter"})
    told = json.loads(place.millrace("predict", "--row", row, "--output", "json").stdout)
    assert told["prediction"] == "cold|dark"
    assert told["score_wet"] < 0.1 < 0.9 < told["score_dark"]
