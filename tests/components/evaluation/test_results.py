"""What the Evaluator of a published pipeline wrote, read back."""

import math
from itertools import pairwise

import pytest
import tensorflow as tf
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2

from components.evaluation.judgement import OVERALL, Failure, Measured
from components.evaluation.results import confuse, failures, overall, read_measured, trace
from configs.schema.evaluation import METRICS


def write(folder, record, name="metrics"):
    with tf.io.TFRecordWriter(str(folder / f"{name}-00000-of-00001.tfrecord")) as writer:
        writer.write(record.SerializeToString())


@pytest.fixture(scope="module")
def nodes(first_run):
    _, answer = first_run
    return {node["node"]: node for node in answer.record["nodes"]}


@pytest.fixture(scope="module")
def folder(nodes):
    return nodes["Evaluator"]["outputs"]["evaluation"][0]


@pytest.mark.slow
def test_the_metrics_are_those_of_the_test_split(folder, nodes):
    metrics = overall(read_measured(folder))
    assert metrics["example_count"] == nodes["ExampleGen"]["details"]["rows"]["test"]
    assert 0.5 < metrics["auc"] < 1
    assert metrics.keys() == {"example_count", *METRICS["binary"]}


@pytest.mark.slow
def test_the_confusion_of_two_classes_adds_up_to_the_metrics(folder):
    (right_zero, wrong_zero), (wrong_one, right_one) = confuse(folder)
    metrics = overall(read_measured(folder))
    rows = right_zero + wrong_zero + wrong_one + right_one
    assert rows == metrics["example_count"]
    assert (right_zero + right_one) / rows == pytest.approx(metrics["accuracy"])
    assert right_one / (right_one + wrong_one) == pytest.approx(metrics["recall"])
    assert right_one / (right_one + wrong_zero) == pytest.approx(metrics["precision"])


def test_the_confusion_of_several_classes_is_a_square(tmp_path):
    record = metrics_for_slice_pb2.MetricsForSlice()
    item = record.metric_keys_and_values.add()
    item.key.name = "confusion"
    item.value.array_value.shape[:] = [3, 3]
    item.value.array_value.float64_values[:] = [5, 0, 0, 0, 0, 0, 3, 0, 1]
    write(tmp_path, record)
    assert confuse(str(tmp_path)) == [[5, 0, 0], [0, 0, 0], [3, 0, 1]]


@pytest.mark.slow
def test_the_curve_of_two_classes_has_the_area_of_the_metric(folder):
    curve = trace(folder)
    area = sum((x - w) * (y + z) / 2 for (_, w, z), (_, x, y) in pairwise(curve))
    assert area == pytest.approx(overall(read_measured(folder))["auc"], abs=0.01)
    assert curve[0] == [1.0, 0.0, 0.0]
    assert len({tuple(line) for line in curve}) == len(curve)


@pytest.mark.slow
def test_a_first_model_has_no_baseline_and_missed_nothing(folder):
    assert {item.baseline for item in read_measured(folder)} == {None}
    assert failures(folder) == []


def test_a_metric_that_a_slice_cannot_have_is_left_out(tmp_path):
    record = metrics_for_slice_pb2.MetricsForSlice()
    record.slice_key.single_slice_keys.add(column="hour", int64_value=4)
    for name, value in (("auc", math.nan), ("accuracy", 0.75)):
        metric = record.metric_keys_and_values.add()
        metric.key.name = name
        metric.value.double_value.value = value
    write(tmp_path, record)
    assert read_measured(str(tmp_path)) == [Measured("hour=4", "accuracy", 0.75, None)]


def test_slices_are_told_in_their_order_and_all_rows_before_them(tmp_path):
    for place, hours in enumerate([[7], [23, None], [10, 12]]):
        with tf.io.TFRecordWriter(str(tmp_path / f"metrics-{place:05d}-of-00003.tfrecord")) as writer:
            for hour in hours:
                record = metrics_for_slice_pb2.MetricsForSlice()
                if hour is not None:
                    record.slice_key.single_slice_keys.add(column="hour", int64_value=hour)
                for name in ("auc", "accuracy"):
                    item = record.metric_keys_and_values.add()
                    item.key.name, item.value.double_value.value = name, 0.5
                writer.write(record.SerializeToString())
    found = [(item.slice, item.metric) for item in read_measured(str(tmp_path))]
    order = [OVERALL, "hour=10", "hour=12", "hour=23", "hour=7"]
    assert found == [(name, metric) for name in order for metric in ("auc", "accuracy")]


def test_overall_leaves_slices_out():
    slice_of_one = Measured("hour=1", "auc", 0.1, None)
    assert overall([slice_of_one, Measured(OVERALL, "auc", 0.9, None)]) == {"auc": 0.9}


def test_what_was_missed_is_told_as_data(tmp_path):
    record, result = metrics_for_slice_pb2.MetricsForSlice(), validation_result_pb2.ValidationResult()
    for name, model, value in (("auc", "", 0.75), ("auc", "baseline", 0.8), ("log_loss", "", 0.5)):
        item = record.metric_keys_and_values.add()
        item.key.name, item.key.model_name, item.value.double_value.value = name, model, value
    slice_ = result.metric_validations_per_slice.add()
    for name in ("auc", "log_loss", "recall", "auc"):
        slice_.failures.add(message="no such metric" if name == "recall" else "").metric_key.name = name
    low, high, _, change = (failure.metric_threshold for failure in slice_.failures)
    low.value_threshold.lower_bound.value = 0.9
    high.value_threshold.upper_bound.value = 0.25
    change.change_threshold.absolute.value = -0.01
    slice_.failures[3].metric_key.is_diff = True
    result.missing_slices.add(feature_keys=["company"], feature_values={"hour": "4"})
    write(tmp_path, record)
    write(tmp_path, result, "validations")
    assert failures(str(tmp_path)) == [
        Failure(OVERALL, "auc", 0.75, 0.9, "min"),
        Failure(OVERALL, "log_loss", 0.5, 0.25, "max"),
        Failure(OVERALL, "recall", reason="no such metric"),
        Failure(OVERALL, "auc", 0.75, -0.01, "change", baseline=0.8),
        Failure("company, hour=4"),
    ]
