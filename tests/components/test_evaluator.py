"""What the Evaluator says of a candidate: the metric that matters, or what it missed, which travels as data."""

import json
from types import SimpleNamespace

import pytest
from google.protobuf.json_format import MessageToJson
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2
from tensorflow_model_analysis.proto.config_pb2 import EvalRun
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components import evaluator
from components.evaluation.eval_config import eval_config
from components.evaluation.predictions import read_predictions
from components.evaluator import GOLDEN, JUDGED_IN, LITE, UNJUDGED, Executor, find_judged, summarise
from configs.loading.loader import load
from tests.components.evaluation.test_eval_config import config_of
from tests.components.evaluation.test_results import write
from trainer.export.signatures import FOLDS, JUDGED


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
        "metrics": [
            {
                "slice": "Overall",
                "metric": "auc",
                "candidate": 0.75,
                "baseline": None,
                "interval": None,
                "change": None,
            }
        ],
        "confusion": [],
        "roc": [],
        "missed": [],
    }


@pytest.mark.parametrize(("models", "bound", "doubted"), [(1, None, True), (1, 0.0, False), (2, None, False)])
def test_the_summary_says_where_there_was_nothing_to_miss(tmp_path, models, bound, doubted):
    limits = {"max_drop": 0.1} if bound is None else {"max_drop": 0.1, "min": bound}
    told = eval_config(config_of(limits=limits))
    told.model_specs.extend(told.model_specs[:1] * (models - 1))
    (tmp_path / "eval_config.json").write_text(MessageToJson(EvalRun(eval_config=told, version="1")))
    text = summarise(judged(tmp_path)).text
    assert text.removesuffix(UNJUDGED) == "auc 0.7500, blessed"
    assert text.endswith(UNJUDGED) == doubted


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


def test_the_summary_says_where_all_rows_judge(tmp_path):
    outputs = judged(tmp_path, baseline=0.7)
    (tmp_path / JUDGED_IN).write_text(json.dumps({"folds": 5}))
    summary = summarise(outputs)
    assert summary.text == "auc 0.7500 against 0.7000 in service on all rows, in 5 folds, blessed"
    assert summary.details["folds"] == 5


def test_the_summary_says_from_how_many_origins_rows_are_judged(tmp_path):
    outputs = judged(tmp_path, baseline=0.7)
    (tmp_path / JUDGED_IN).write_text(json.dumps({"origins": 3}))
    summary = summarise(outputs)
    assert summary.text == "auc 0.7500 against 0.7000 in service from 3 origins, blessed"
    assert summary.details["origins"] == 3


def store(folder, folds, within):
    """A model, with what judges it within it or not, in folds or not."""
    model = standard_artifacts.Model()
    model.uri = str(folder)
    judge = folder / "Format-Serving" / (JUDGED if within else "")
    judge.mkdir(parents=True)
    if folds:
        (judge / FOLDS).parent.mkdir()
        (judge / FOLDS).write_text(json.dumps({"folds": folds}))
    return model


@pytest.mark.parametrize(
    ("candidate", "in_service", "all_rows"),
    [
        ((5, True), None, True),
        ((5, True), (3, True), True),
        ((5, True), (0, True), False),
        ((5, True), (0, False), False),
        ((0, False), (5, True), False),
        ((0, True), None, False),
    ],
)
def test_all_rows_judge_only_what_has_not_seen_them(tmp_path, monkeypatch, candidate, in_service, all_rows):
    asked = {}
    monkeypatch.setattr(evaluator, "count_rows", lambda _: 1)
    monkeypatch.setattr(evaluator.executor.Executor, "Do", lambda self, *given: asked.update(given[2]))
    (tmp_path / "evaluation").mkdir()
    evaluation = SimpleNamespace(uri=str(tmp_path / "evaluation"))
    models = {"model": [store(tmp_path / "candidate", *candidate)]}
    models |= {"baseline_model": [store(tmp_path / "served", *in_service)]} if in_service else {}
    given = {"eval_config": "{}", "example_splits": json.dumps(["train", "eval", "test"]), GOLDEN: "", LITE: ""}
    Executor().Do({"examples": [], **models}, {"evaluation": [evaluation]}, given)
    assert json.loads(asked["example_splits"]) == (["train", "eval", "test"] if all_rows else ["test"])
    assert (tmp_path / "evaluation" / JUDGED_IN).exists() == all_rows


@pytest.mark.slow
def test_the_rows_that_judged_tell_what_was_measured(first_run):
    place, answer = first_run
    [node] = [node for node in answer.record["nodes"] if node["node"] == "Evaluator"]
    details, rows = node["details"], read_predictions(node["outputs"]["evaluation"][0])
    labels, scores = rows.labels[:, 0], rows.candidate[:, 0]
    found = details["overall"]
    assert len(labels) == found["example_count"]
    assert roc_auc_score(labels, scores) == pytest.approx(found["auc"], abs=1e-3)  # its scores are in buckets
    assert log_loss(labels, scores.astype(float)) == pytest.approx(found["log_loss"])
    assert accuracy_score(labels, scores > 0.5) == pytest.approx(found["accuracy"])
    assert f1_score(labels, scores > 0.5) == pytest.approx(found["f1"])
    assert sum(sum(counts) for counts in details["quality"]["scores"].values()) == len(labels)
    [auc] = [item for item in details["metrics"] if (item["slice"], item["metric"]) == ("Overall", "auc")]
    assert auc["interval"][0] < found["auc"] < auc["interval"][1]
    told = details["explanation"]
    assert {item["feature"] for item in told["importance"]} == set(load(place.config).features)
    assert told["spent"] < told["seconds"] + 1
    assert told["dependence"][0]["feature"] == told["importance"][0]["feature"]
