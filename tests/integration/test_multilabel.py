"""A label of several classes at once, from the YAML to a scored row."""

import json
import random

import pytest

from tests.sandbox import Sandbox

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


@pytest.mark.slow
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
