"""What the Evaluator of a published pipeline wrote, read back."""

import pytest

from components.evaluation import OVERALL, Measured, failures, measure, overall

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nodes(first_run):
    _, answer = first_run
    return {node["node"]: node for node in answer.record["nodes"]}


@pytest.fixture(scope="module")
def folder(nodes):
    return nodes["Evaluator"]["outputs"]["evaluation"][0]


def test_the_metrics_are_those_of_the_test_split(folder, nodes):
    metrics = overall(measure(folder))
    assert metrics["example_count"] == nodes["ExampleGen"]["details"]["rows"]["test"]
    assert 0.5 < metrics["auc"] < 1
    assert metrics.keys() == {"example_count", "auc", "accuracy", "precision", "recall", "log_loss"}


def test_a_first_model_has_no_baseline_and_missed_nothing(folder):
    assert {item.baseline for item in measure(folder)} == {None}
    assert failures(folder) == []


def test_overall_leaves_slices_out():
    slice_of_one = Measured("hour=1", "auc", 0.1, None)
    assert overall([slice_of_one, Measured(OVERALL, "auc", 0.9, None)]) == {"auc": 0.9}
