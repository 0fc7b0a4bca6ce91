"""The card says what the YAML says of a model, and how good it is, the worst slices first."""

import json

import pytest

from components.evaluation.judgement import OVERALL, Measured
from components.evaluation.model_card import UNKNOWN, describe_model, hides_slice, write_markdown
from configs.loading.loader import load
from configs.repository import ROOT

TAXI = ROOT / "configs" / "taxi.yaml"
CARD = "card={owner: Ada, purpose: To plan., limits: Not at night., licence: CC0-1.0}"


def measure(name, rows, auc, loss):
    values = {"example_count": rows, "auc": auc, "log_loss": loss}
    return [Measured(name, metric, value, None) for metric, value in values.items()]


MEASURED = [
    *measure(OVERALL, 1445.0, 0.95, 0.2),
    *measure("trip_start_hour=2", 92.0, 0.97, 0.1),
    *measure("trip_start_hour=10", 1072.0, 0.91, 0.3),
]
ROWS = {"train": 12044, "eval": 1513, "test": 1445}


def describe(*overrides, measured=MEASURED):
    return describe_model(load(TAXI, list(overrides)), measured, ROWS, "r1")


def test_it_says_what_the_model_is_for():
    card = describe(CARD)
    assert (card.owner, card.purpose, card.limits, card.licence) == ("Ada", "To plan.", "Not at night.", "CC0-1.0")
    assert card.facts["data"] == "sample://taxi; rows: 12,044 train, 1,513 eval, 1,445 test"
    assert card.facts["predicts"] == "big_tipper, binary: 0, 1"
    assert card.facts["features"].startswith("15: trip_miles, fare,")


def test_what_nobody_said_is_said_to_be_unknown():
    assert describe().limits == UNKNOWN


def test_the_metric_with_a_threshold_comes_first_and_the_worst_slice():
    card = describe()
    assert [item.metric for item in card.metrics] == ["auc", "log_loss"]
    assert [(found.name, found.rows, found.value) for found in card.slices] == [
        ("trip_start_hour=10", 1072.0, 0.91),
        ("trip_start_hour=2", 92.0, 0.97),
    ]
    least = describe("evaluation.thresholds={log_loss: {max: 1}}")
    assert [found.name for found in least.slices] == ["trip_start_hour=10", "trip_start_hour=2"]


def test_of_many_slices_ten_are_listed():
    many = [item for hour in range(13) for item in measure(f"trip_start_hour={hour}", 9.0, hour / 13, 0.1)]
    card = describe(measured=[*MEASURED[:3], *many])
    assert [found.name for found in card.slices[:2]] == ["trip_start_hour=0", "trip_start_hour=1"]
    assert (len(card.slices), card.others) == (10, 3)


def test_slices_of_private_columns_are_not_told():
    assert describe("data.private=[trip_start_hour]").slices == []
    assert not hides_slice(load(TAXI), "trip_start_hour=10")


@pytest.mark.parametrize("text", ["a|b", "a\nb"])
def test_a_cell_of_the_table_stays_one(text):
    [line] = [
        line for line in write_markdown(describe(f"card.owner={json.dumps(text)}")).splitlines() if "owner" in line
    ]
    assert line.replace("\\|", "").count("|") == 3


def test_as_markdown():
    text = write_markdown(describe(CARD))
    assert text.startswith("# Model card: taxi\n\n|  |  |\n| --- | --- |\n| owner | Ada |\n| licence | CC0-1.0 |\n")
    assert "\n## Limits\n\nNot at night.\n" in text
    assert "\n| auc | 0.9500 | – |\n" in text
    assert "\n| trip_start_hour=10 | 1,072 | 0.9100 |\n" in text
    assert "\n    millrace run assets.extra/config.json\n\nIt was made by run r1.\n" in text


SPENT = {"epsilon": 1.9987, "delta": 8.3e-5, "steps": 240, "noise": 2.49166, "clip": 1.0, "trainings": 1}


def test_it_says_what_the_weights_tell_of_a_row_and_what_is_not_counted():
    assert "privacy" not in describe().facts
    told = describe_model(load(TAXI, []), MEASURED, ROWS, "r1", spent=SPENT).facts["privacy"]
    assert told.startswith(
        "epsilon 1.999 at delta 8.3e-05 for each row of the train split, by 240 steps with noise of "
    )
    assert "2.492 and gradients of at most 1. Of the weights alone: vocabularies, statistics" in told
    searched = describe_model(load(TAXI, []), MEASURED, ROWS, "r1", spent=SPENT | {"trainings": 21})
    assert "train split, with 20 trials of a search, by 240 steps" in searched.facts["privacy"]
