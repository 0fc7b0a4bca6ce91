"""What the Evaluator of a published pipeline wrote, read back."""

import math

import pytest
import tensorflow as tf
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from components.evaluation import OVERALL, Measured, failures, measure, overall


@pytest.fixture(scope="module")
def nodes(first_run):
    _, answer = first_run
    return {node["node"]: node for node in answer.record["nodes"]}


@pytest.fixture(scope="module")
def folder(nodes):
    return nodes["Evaluator"]["outputs"]["evaluation"][0]


@pytest.mark.slow
def test_the_metrics_are_those_of_the_test_split(folder, nodes):
    metrics = overall(measure(folder))
    assert metrics["example_count"] == nodes["ExampleGen"]["details"]["rows"]["test"]
    assert 0.5 < metrics["auc"] < 1
    assert metrics.keys() == {"example_count", "auc", "accuracy", "precision", "recall", "log_loss"}


@pytest.mark.slow
def test_a_first_model_has_no_baseline_and_missed_nothing(folder):
    assert {item.baseline for item in measure(folder)} == {None}
    assert failures(folder) == []


def test_a_metric_that_a_slice_cannot_have_is_left_out(tmp_path):
    record = metrics_for_slice_pb2.MetricsForSlice()
    record.slice_key.single_slice_keys.add(column="hour", int64_value=4)
    for name, value in (("auc", math.nan), ("accuracy", 0.75)):
        metric = record.metric_keys_and_values.add()
        metric.key.name = name
        metric.value.double_value.value = value
    with tf.io.TFRecordWriter(str(tmp_path / "metrics-00000-of-00001.tfrecord")) as writer:
        writer.write(record.SerializeToString())
    assert measure(str(tmp_path)) == [Measured("hour=4", "accuracy", 0.75, None)]


def test_overall_leaves_slices_out():
    slice_of_one = Measured("hour=1", "auc", 0.1, None)
    assert overall([slice_of_one, Measured(OVERALL, "auc", 0.9, None)]) == {"auc": 0.9}
