"""What a run tells of why its model answers as it does."""

import numpy as np
import pyarrow as pa
import pytest

from components.explanation import account
from components.explanation.account import Plan, keep_explanation, make_measure, make_plan, read_explanation
from components.registry.versions import OF_ROWS
from configs.schema.config import Config
from configs.schema.label import Label
from tests.components.evaluation.test_eval_config import LABELS, config_of
from tests.components.explanation import linear

NUMBER = Label(name="tip", kind="regression")


def test_the_metric_is_the_first_that_counts_and_has_a_better_side():
    assert make_plan(config_of("regression", {"max": 1.0})).metric == "rmse"
    assert make_plan(config_of("quantiles", {"max": 1.0})).metric == "pinball"
    whole = config_of().model_dump(mode="json")
    whole["evaluation"]["thresholds"] = {"calibration": {"max": 2.0}}
    assert make_plan(Config.model_validate(whole, strict=False)).metric == "auc"
    assert make_plan(config_of().model_copy(update={"explain": None})) is None


@pytest.mark.parametrize(("private", "shown"), [(["miles"], []), (["tip"], []), ([], ["miles"])])
def test_values_of_private_columns_are_not_shown(private, shown):
    whole = config_of().model_dump(mode="json")
    whole["data"]["private"] = private
    plan = make_plan(Config.model_validate(whole, strict=False))
    assert plan.features == ["miles"]
    assert plan.shown == shown


@pytest.mark.parametrize(("metric", "kind"), [("auc", "binary"), ("log_loss", "binary"), ("rmse", "regression")])
def test_more_is_better(metric, kind):
    rate = make_measure(Label.model_validate(LABELS[kind]), metric, np.array([[1], [0], [1]]), np.ones(3))
    right, wrong = np.array([[0.9], [0.1], [0.8]]), np.array([[0.2], [0.7], [0.3]])
    assert rate(right, np.arange(3)) > rate(wrong, np.arange(3))
    assert rate(right[:2], np.arange(2)) == rate(right[1::-1], np.array([1, 0]))


@pytest.fixture
def explain(tmp_path, monkeypatch):
    """Explains a linear model of 300 rows, in so many seconds, and returns what is told of it."""

    class Linear:
        def __init__(self, folder):
            assert folder == "model"

        ask = staticmethod(linear.ask)

    monkeypatch.setattr(account, "Asked", Linear)
    rows = linear.rows(300)
    labels = pa.array(linear.ask(rows).tolist(), pa.large_list(pa.float64()))
    rows = pa.RecordBatch.from_arrays([*rows.columns, labels], [*rows.schema.names, "tip"])
    (tmp_path / OF_ROWS).mkdir()

    def explain_within(seconds):
        plan = Plan(list(linear.WEIGHTS), ["fare", "noise"], "rmse", seconds, None)
        keep_explanation("model", rows, NUMBER, plan, str(tmp_path))
        return read_explanation(str(tmp_path))

    assert read_explanation(str(tmp_path)) is None
    return explain_within


def test_the_strongest_features_that_may_be_shown_come_with_their_dependence(explain):
    told = explain(60)
    assert [item["feature"] for item in told["importance"]] == ["miles", "fare", "noise"]
    assert told["importance"][0]["mean"] > 4 * told["importance"][1]["mean"] / 2 > 0
    assert [item["feature"] for item in told["dependence"]] == ["fare"]
    assert (told["metric"], told["rows"], told["left_out"]) == ("rmse", 300, 0)
    assert told["spent"] < 60
    assert told["association"]["rows"] == 300
    assert told["association"]["columns"].keys() == {"fare", "noise"}
    assert told["association"]["columns"]["fare"] > 2 * told["association"]["columns"]["noise"]
    assert told["samples"] == []


def test_what_there_is_no_time_for_is_left_out_and_examples_are_there(explain):
    told = explain(1e-9)
    assert (told["importance"], told["dependence"], told["left_out"]) == ([], [], 3)
    assert [list(row["cells"]) for row in told["examples"]["right"]] == 5 * [["fare", "noise"]]


def test_texts_pictures_and_single_steps_are_sampled_unless_they_are_private():
    whole = config_of().model_dump(mode="json")
    whole["data"]["private"] = ["note"]
    whole["features"] |= {
        "text": {"kind": "text"},
        "note": {"kind": "text"},
        "at": {"kind": "timestamp"},
        "past": {"kind": "sequence", "length": 4},
        "wide": {"kind": "sequence", "length": 4, "width": 2},
        "ids": {"kind": "sequence", "length": 4, "ids": 9},
    }
    plan = make_plan(Config.model_validate(whole, strict=False))
    assert (plan.sampled, plan.texts, plan.moments) == (["text", "past"], {"text": 100}, ["at"])
