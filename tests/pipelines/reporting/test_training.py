"""A training is told by where it stopped and why, how long it took, and what it trained."""

import pytest

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.training import tell_end, tell_training

TAXI = ROOT / "configs" / "taxi.yaml"


def configure(*overrides):
    return load(TAXI, ["training.epochs=9", "training.early_stopping={patience: 2}", *overrides])


@pytest.mark.parametrize(
    ("losses", "overrides", "told"),
    [
        (
            [3.0, 1.0, 2.0, 2.0],
            (),
            "after 4 epochs: the eval loss had been no better for 2 epochs; the weights are those of the best, epoch 2",
        ),
        ([3.0, 2.0], (), "after 2 epochs, as many as were to be; the weights are those of the best, epoch 2"),
        (
            [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 1.0, 2.0],
            (),
            "after 9 epochs, as many as were to be; the weights are those of the best, epoch 8",
        ),
        (
            [1.0, 2.0, 3.0],
            ("training.early_stopping=null", "training.epochs=3"),
            "after 3 epochs, as many as were to be; the eval loss was best in epoch 1",
        ),
    ],
)
def test_why_it_stopped(losses, overrides, told):
    assert tell_end(losses, "epoch", configure(*overrides)) == told


def test_the_facts_and_the_layers():
    layers = [
        {"name": "seen", "kind": "InputLayer", "shape": [None, 3], "parameters": 0, "reads": []},
        {"name": "deep", "kind": "Dense", "shape": [None, 3], "parameters": 12, "reads": ["seen"]},
        {"name": "out", "kind": "Dense", "shape": [None, 1], "parameters": 4, "reads": ["deep", "seen"]},
    ]
    details = {
        "history": {"loss": [2.0, 1.0], "val_loss": [2.0, 1.0]},
        "batch_size": 256,
        "parameters": 26682,
        "devices": "1 CPU",
        "steps": 50,
        "seconds": 5.0,
        "layers": layers,
    }
    told = tell_training(details, configure())
    assert told.layers == layers
    assert [(line.rows, line.lane, line.tip) for line in told.lines] == [
        ([0, 1, 2], 0, "seen, read by deep, out"),
        ([1, 2], 1, "deep, read by out"),
    ]
    assert {name: fact for name, fact in told.facts.items() if name != "stopped"} == {
        "batch": "256 rows",
        "time": "5.0 s, 50 ms a step with what comes between",
        "parameters": "26,682",
        "devices": "1 CPU",
    }


def test_an_older_run_tells_what_it_knows_and_none_nothing():
    older = {
        "history": {"val_loss": [1.0]},
        "layers": [{"name": "out", "kind": "Dense", "shape": None, "parameters": 4}],
    }
    assert tell_training(older, configure()).lines == []
    assert list(tell_training({"history": {"val_loss": [1.0]}}, configure()).facts) == ["stopped"]
    assert tell_training({}, configure()) is None


def test_it_tells_what_was_spent():
    spent = {"epsilon": 1.5, "delta": 1e-4, "steps": 9, "noise": 2.0, "clip": 1.0, "trainings": 1}
    details = {"history": {"loss": [2.0], "val_loss": [1.0]}, "privacy": spent}
    told = tell_training(details, configure())
    assert told and told.facts["privacy"].startswith("epsilon 1.500 at delta 0.0001 for each row of the train split")


def test_rounds_are_what_was_to_be():
    config = configure("training.early_stopping=null", "training.federated={clients: c, rounds: 12}")
    assert tell_end([2.0] * 12, "epoch", config).startswith("after 12 epochs, as many as were to be")
    stopped = configure("training.federated={clients: c, rounds: 12}")
    assert "had been no better for 2 epochs" in tell_end([1.0, *[2.0] * 9], "epoch", stopped)
