import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.validation.profile import Column, describe
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.model_trial import FOLDS, MODELS, Trial, choose_rows, divide, try_models

ROWS = 400
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=ROWS)
COLOUR = RANDOM.choice(["red", "green", "blue"], ROWS)
HELD = RANDOM.random(ROWS) < 0.9


def column(values: object, **options: object) -> Column:
    return describe("it", pa.chunked_array([pa.array(values, **options)]))


def features() -> dict[str, tuple[Column, Guess]]:
    return {
        "x": (column(X, mask=~HELD), Guess("", "numeric")),
        "colour": (column(COLOUR.tolist(), mask=~HELD), Guess("", "categorical")),
        "when": (column(["2024-01-01 10:00", None] * (ROWS // 2)), Guess("", "timestamp")),
    }


LABELS = {
    "binary": np.where(X + (COLOUR == "red") > 0, "yes", "no"),
    "multiclass": np.where(X > 0, COLOUR, "none"),
    "regression": 1e6 + 3 * X + 2 * (COLOUR == "red"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", LABELS)
def test_each_model_learns_each_kind_of_label(kind):
    trial = try_models(list(MODELS), features(), column(LABELS[kind].tolist()), kind)
    assert trial.scores.keys() == MODELS.keys()
    scores = list(trial.scores.values())
    assert scores == sorted(scores, reverse=kind != "regression")
    assert max(scores) < 2.4 if kind == "regression" else min(scores) > 0.8  # the spread is 3.2, a coin 0.5


def test_rows_of_a_group_judge_what_they_did_not_train():
    """A number that tells the group tells the label of rows of the same group alone."""
    group = np.repeat(np.arange(ROWS // 4), 4)
    label = RANDOM.integers(0, 2, ROWS // 4)[group]
    known = {"x": (column(group.astype(float).tolist()), Guess("", "numeric"))}
    options = dict(features=known, label=column(label.tolist()), kind="binary")
    parted = try_models(["trees"], **options).scores["trees"]
    whole = try_models(["trees"], groups=group, **options).scores["trees"]
    assert parted > whole + 0.1


def test_many_rows_are_tried_here_and_there():
    frame = pd.DataFrame({"x": np.arange(10_000.0)})
    known = {"x": (column(frame["x"].tolist()), Guess("", "numeric"))}
    trial = try_models(["linear"], known, column((frame["x"] > 5000).astype(int).tolist()), "binary", most=100)
    assert (trial.metric, trial.rows) == ("auc", 100)
    assert trial.scores["linear"] > 0.99


def test_rows_are_taken_of_each_class_alike():
    targets = np.array([0] * 9_000 + [1] * 500 + [-1] * 500)
    rows = choose_rows(np.random.default_rng(0).permutation(targets), 190)
    shuffled = np.random.default_rng(0).permutation(targets)[rows]
    assert (len(rows), np.bincount(shuffled).tolist()) == (190, [180, 10])


@pytest.mark.parametrize(
    ("targets", "groups", "folds"),
    [
        ([0, 1] * 10, None, FOLDS),
        ([0] * 17 + [1] * 3, None, 0),
        ([0, 1, 2, 3, 4, 5, 6] * 3, None, 0),
        ([0, 1] * 10, [1, 2, 3] * 6 + [1, 2], 0),
        ([0, 1] * 10, [1, 2, 3, 4, 5] * 4, FOLDS),
    ],
)
def test_each_fold_trains_on_two_classes_at_least(targets, groups, folds):
    found = divide(np.array(targets), "binary", None if groups is None else np.array(groups))
    assert len(found) == folds


def test_a_trial_says_what_was_reached():
    told = str(Trial("rmse", 1500, {"trees": 12.345, "linear": 13.0}))
    assert told == f"Tried: rmse by {FOLDS}-fold cross-validation on 1,500 rows: trees 12.35, linear 13"
