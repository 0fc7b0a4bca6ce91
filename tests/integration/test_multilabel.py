"""A label of several classes at once, from the YAML to a scored row."""

import json
import random
from collections.abc import Callable

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


def write_rows(place: Sandbox, spell: Callable[[list[str]], str], header: str) -> None:
    """Rows whose topics depend on the features, spelled so."""
    chance = random.Random(1)
    with place.data.open("w") as file:
        file.write(f"frost,rain,season,{header}\n")
        for _ in range(2000):
            frost, rain, season = chance.gauss(0, 1), chance.gauss(0, 1), chance.choice(["summer", "winter"])
            topics = ["dark"] * (season == "winter") + ["wet"] * (rain > 0) + ["cold"] * (frost > 0)
            file.write(f"{frost:.4f},{rain:.4f},{season},{spell(topics)}\n")


def check(place: Sandbox) -> None:
    """Run, and ask for a cold winter's day without rain."""
    answer = place.run()
    assert answer.code == 0, answer.stderr
    row = json.dumps({"frost": 2, "rain": -2, "season": "winter"})
    told = json.loads(place.millrace("predict", "--row", row, "--output", "json").stdout)
    assert told["prediction"] == "cold|dark"
    assert told["score_wet"] < 0.1 < 0.9 < told["score_dark"]


@pytest.mark.full
def test_a_column_for_each_class_is_learnt_alike(tmp_path) -> None:
    place, topics = Sandbox(tmp_path), ("cold", "wet", "dark")
    name = "name: topics, kind: multilabel, classes: [cold, wet, dark]"
    place.config.write_text(SEVERAL.replace(name, "kind: multilabel, columns: [cold, wet, dark]"))
    write_rows(place, lambda held: ",".join("01"[topic in held] for topic in topics), ",".join(topics))
    check(place)


@pytest.mark.full
def test_several_classes_at_once_are_learnt_and_named(tmp_path) -> None:
    place = Sandbox(tmp_path)
    place.config.write_text(SEVERAL)
    write_rows(place, "|".join, "topics")
    check(place)
