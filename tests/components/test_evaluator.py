"""What the Evaluator says of a candidate: the metric that matters, or what it missed, which travels as data."""

from types import SimpleNamespace

from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.evaluator import find_judged, summarise
from tests.components.evaluation.test_results import write
from trainer.export.signatures import JUDGED


def judged(folder, baseline=None, limit=None):
    """The node's outputs, where the candidate has an AUC of 0.75 and missed the limit, if there is one."""
    record, result = metrics_for_slice_pb2.MetricsForSlice(), validation_result_pb2.ValidationResult()
    for model, value in {"": 0.75, "baseline": baseline}.items():
        if value is not None:
            item = record.metric_keys_and_values.add()
            item.key.name, item.key.model_name, item.value.double_value.value = "auc", model, value
    if limit is not None:
        failure = result.metric_validations_per_slice.add().failures.add()
        failure.metric_key.name = "auc"
        failure.metric_threshold.value_threshold.lower_bound.value = limit
    write(folder, record)
    write(folder, result, "validations")
    return {"evaluation": [SimpleNamespace(uri=str(folder))]}


def test_a_first_candidate_is_blessed(tmp_path):
    summary = summarise(judged(tmp_path))
    assert summary.text == "auc 0.7500, blessed"
    assert summary.details == {
        "overall": {"auc": 0.75},
        "metrics": [{"slice": "Overall", "metric": "auc", "candidate": 0.75, "baseline": None}],
        "confusion": [],
        "roc": [],
        "missed": [],
    }


def test_a_candidate_is_compared_with_what_is_in_service(tmp_path):
    assert summarise(judged(tmp_path, baseline=0.7)).text == "auc 0.7500 against 0.7000 in service, blessed"


def test_what_was_missed_stands_in_place_of_the_metric(tmp_path):
    summary = summarise(judged(tmp_path, limit=0.9))
    assert summary.text == "auc (Overall) is 0.7500, below 0.9"
    [failure] = summary.details["missed"]
    assert {"slice": "Overall", "metric": "auc", "value": 0.75, "limit": 0.9}.items() <= failure.items()


def test_a_model_of_all_rows_is_judged_by_the_one_that_has_not_seen_them(tmp_path):
    model = standard_artifacts.Model()
    model.uri = str(tmp_path)
    assert find_judged(model) is model
    inside = tmp_path / "Format-Serving" / JUDGED
    inside.mkdir(parents=True)
    assert path_utils.serving_model_path(find_judged(model).uri) == str(inside)
    assert model.uri == str(tmp_path)
