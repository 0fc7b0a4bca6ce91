"""Columns of whatever name, from the file to the model in service and back."""

import csv
import json
import random

import pytest
from ruamel.yaml import YAML

from components.registry.versions import in_service
from components.scoring.saved_model import SavedModel
from pipelines.serving.batch_predict import predict_row
from tests.sandbox import Sandbox
from trainer.export.signatures import RAW

pytestmark = pytest.mark.full
NUMBERS = [
    "größe",
    "год",
    "Age",
    "age",
    "AGE",
    "a b",
    "a_b",
    "A B",
    "examples",
    "self",
    "inputs",
    "日付",
    "all.numbers",
]
TEXTS = [
    "score_yes",
    "Straße",
    "straße",
    "training",
    "features",
    "🙂",
    "%",
    "label",
    "x/y:z",
    "batch size",
    "é",
    "e\u0301",
]


def draw(count, chance):
    """Names of letters, marks, signs and digits from all over Unicode, unlike each other."""
    letters = [chr(code) for code in range(0x21, 0x2FFFF) if chr(code).isprintable() and chr(code) not in "\",*?[]'`"]
    return list({"".join(chance.choices(letters, k=chance.randint(1, 6))): None for _ in range(count)})


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A pipeline of columns of such names, of which one number decides the label, after its run; and its rows."""
    chance = random.Random(11)
    sandbox = Sandbox(tmp_path_factory.mktemp("named"))
    numbers, texts = NUMBERS + draw(6, chance), TEXTS + draw(6, chance)
    rows = [
        {name: f"{chance.gauss(0, 1):.4f}" for name in numbers} | {name: chance.choice("ab") for name in texts}
        for _ in range(600)
    ]
    rows = [row | {"y": "yes" if float(row["größe"]) > 0 else "no"} for row in rows]
    with sandbox.data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*numbers, *texts, "y"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    config = {
        "name": "trips",
        "data": {"format": "csv", "path": "rows.csv"},
        "label": {"name": "y", "kind": "binary", "classes": ["no", "yes"]},
        "features": {name: {"kind": "numeric"} for name in numbers}
        | {name: {"kind": "categorical", "vocabulary": 3} for name in texts},
        "model": {"family": "dnn", "hidden_units": [8]},
        "training": {"batch_size": 64, "epochs": 5, "optimizer": {"name": "adam", "learning_rate": 0.03}},
        "evaluation": {"thresholds": {"auc": {"min": 0.9}}, "slices": [[], ["Straße"], ["🙂"]]},
        "storage": {"root": "workspace"},
    }
    with sandbox.config.open("w", encoding="utf-8") as file:
        YAML().dump(config, file)
    answer = sandbox.millrace("run")
    assert answer.code == 0, answer.stdout + answer.stderr
    return sandbox.home, rows


def test_a_row_is_answered_by_the_names_of_the_file(named):
    home, rows = named
    for row in rows[:10]:
        cells = {name: float(cell) if name in row and cell[-1].isdigit() else cell for name, cell in row.items()}
        found = predict_row(home, json.dumps(cells))
        assert list(found) == ["prediction", "score_no", "score_yes_"]  # since a column is called score_yes
        if abs(float(row["größe"])) > 0.5:
            assert found["prediction"] == row["y"]


def test_a_server_has_a_tensor_for_each_of_them(named):
    home, rows = named
    inputs = SavedModel(str(in_service(home).path)).signatures[RAW].inputs
    assert len(inputs) == len({name.lower() for name in inputs}) == len(rows[0]) - 1
    assert {"Age", "a_b", "examples", "score_yes"} <= set(inputs)
