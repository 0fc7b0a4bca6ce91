from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.schema.models import BoostedTrees, Linear, WideDeep
from pipelines.onboarding.model_choice import choose_by_size, expand, spell
from pipelines.onboarding.model_trial import LINEAR, TREES, Trial
from tests.pipelines.onboarding.conftest import ROWS, bunch, draw, of


def step() -> pd.DataFrame:
    """A label that no straight line tells: whether two numbers are of one sign."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(ROWS, 2)), columns=["a", "b"])
    return frame.assign(y=np.where(frame["a"] * frame["b"] > 0, "yes", "no"))


@pytest.mark.slow
@pytest.mark.parametrize(("frame", "family"), [(step, BoostedTrees), (lambda: bunch("diabetes"), Linear)])
def test_what_does_better_on_the_rows_is_chosen(tmp_path, frame, family):
    frame = frame()
    drawn, config = draw(frame, tmp_path, list(frame)[-1], quality="good")
    assert isinstance(config.model, family)
    metric = "auc" if family is BoostedTrees else "rmse"
    assert config.refits
    assert f"\n# Tried: {metric} by 4-fold cross-validation on {len(frame)} rows: " in drawn.text


@pytest.mark.parametrize(("rows", "family"), [(1999, "linear"), (2000, "wide_deep")])
def test_fast_goes_by_the_number_of_rows(rows, family):
    assert f"family: {family}" in choose_by_size(rows).model


def test_fast_tries_nothing(tmp_path):
    drawn, config = draw(step(), tmp_path, "y", quality="fast")
    assert isinstance(config.model, Linear)
    assert not config.refits
    assert "\n# For data of this size.\n" in drawn.text


def test_texts_and_rare_classes_are_not_tried(tmp_path):
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in range(30)]
    frame = of("no", "yes", review=[" ".join(random.choice(words, 8)) for _ in range(ROWS)])
    _, config = draw(frame, tmp_path, "y", quality="good")
    assert isinstance(config.model, Linear)
    assert (config.evaluation.folds, config.training.refit) == (5, False)
    rare = step().assign(y=["yes", "yes", *["no"] * (ROWS - 2)])
    assert isinstance(draw(rare, tmp_path, "y", quality="good")[1].model, Linear)
    many = pd.concat([frame] * 4, ignore_index=True)
    _, config = draw(many, tmp_path, "y", quality="good")
    assert isinstance(config.model, WideDeep)
    assert (config.evaluation.folds, config.training.refit) == (None, True)


def test_a_quality_that_there_is_none_of_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--quality: 'better' is no quality. There are fast, good, best."):
        draw(of(0, 1), tmp_path, "y", quality="better")


@pytest.mark.parametrize("best", [*LINEAR, "network", *TREES])
@pytest.mark.parametrize("metric", ["auc", "rmse"])
@pytest.mark.parametrize("rows", [600, 60_000])
def test_each_model_that_is_tried_makes_a_config(tmp_path, best, metric, rows, monkeypatch):
    told = spell(Trial(metric, 600, {best: 0.9}), rows)
    chosen = told if rows == 600 else replace(told, training={**told.training, "refit": "true"})
    monkeypatch.setattr("pipelines.onboarding.config_draft.choose_model", lambda *_: chosen)
    _, config = draw(of(0, 1) if metric == "auc" else bunch("diabetes"), tmp_path, "y" if metric == "auc" else "target")
    assert {**dict.fromkeys(LINEAR, "linear"), "network": "dnn"}.get(best, "boosted_trees") == config.model.family
    if best in TREES and rows == 600:
        assert TREES[best].items() <= config.model.model_dump().items()


def test_a_pattern_is_the_columns_that_nothing_else_names(tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(ROWS, 20)), columns=[f"x{n}" for n in range(20)])
    drawn, _ = draw(frame.assign(x3=["a", "b", "c"] * (ROWS // 3), y=[0, 1] * (ROWS // 2)), tmp_path, "y")
    columns = dict.fromkeys([f"x{n}" for n in range(20)])
    found = expand(drawn.features, columns)
    assert found.keys() == columns.keys()
    assert found["x3"][1].kind == "categorical"


@pytest.mark.parametrize(
    ("best", "rows", "weight", "rate"), [("linear", 250, 2e-3, 0.3), ("loose linear", 500, 1e-4, 0.03)]
)
def test_a_linear_model_is_held_as_the_one_that_was_tried(tmp_path, best, rows, weight, rate):
    chosen = spell(Trial("accuracy", rows, {best: 0.9}), rows)
    assert chosen.model == f"{{family: linear, l2: {weight:.1g}}}"
    assert f"learning_rate: {rate}," in chosen.training["optimizer"]
