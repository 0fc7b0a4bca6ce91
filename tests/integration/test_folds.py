"""Few rows all judge: noise is chance to them however well it is learnt, and plain data is learnt as well as ever."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.integration.test_own_data import millrace

NOISE = """
name: noise
data: {format: csv, path: noise.csv, split: {train: 6, eval: 2, test: 2}}
label: {name: y, kind: binary}
features: {a: {kind: numeric}, b: {kind: numeric}, c: {kind: categorical, vocabulary: 50}}
model: {family: boosted_trees, max_iter: 60, min_samples_leaf: 1, learning_rate: 0.5}
training: {}
evaluation: {thresholds: {accuracy: {min: 0.2, max_drop: 0.3}}}
baselines: [majority, svm]
gate: {drift: null, skew: null, unseen: 0.2}
"""
ROWS = 240


def evaluate(folder: Path, *options: str) -> tuple[dict, dict]:
    """Runs the pipeline; returns what the Evaluator says, and the baselines' metrics."""
    record = json.loads(millrace(folder, "run", "noise.yaml", *options, "--output", "json"))
    details = {node["node"]: node["details"] for node in record["nodes"]}
    return details["Evaluator"], details["SklearnBaselines"]["models"]


def find(details: dict, metric: str) -> dict:
    return next(item for item in details["metrics"] if (item["metric"], item["slice"]) == (metric, "Overall"))


@pytest.mark.full
def test_noise_is_chance_to_what_judges_and_known_by_heart_to_what_is_served(tmp_path):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"a": random.normal(size=ROWS), "b": random.normal(size=ROWS)})
    frame = frame.assign(c=random.choice(["x", "y", "z", None], ROWS), y=random.integers(0, 2, ROWS))
    frame.to_csv(tmp_path / "noise.csv", index=False)
    (tmp_path / "noise.yaml").write_text(NOISE)
    first, _ = evaluate(tmp_path)
    assert "folds" not in first
    assert find(first, "example_count")["candidate"] < ROWS / 3
    folded, baselines = evaluate(tmp_path, "--set", "evaluation.folds=5")
    assert "folds" not in folded  # since what is in service has seen the other splits
    assert find(folded, "accuracy")["baseline"] == pytest.approx(find(first, "accuracy")["candidate"])
    again, _ = evaluate(tmp_path, "--set", "evaluation.folds=5", "--set", "model.max_iter=50")
    assert again["folds"] == 5
    for model in ("candidate", "baseline"):
        assert find(again, "example_count")[model] == ROWS
        assert 0.4 < find(again, "accuracy")[model] < 0.6
    assert baselines["svm"]["example_count"] == ROWS
    assert 0.4 < baselines["svm"]["accuracy"] < 0.6
    millrace(tmp_path, "predict", "noise.yaml", "--input", "noise.csv", "--output", "scored.csv")
    assert (pd.read_csv(tmp_path / "scored.csv")["prediction"] == frame["y"]).mean() > 0.97


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "plain", "metric", "slack"),
    [
        ("iris", LogisticRegression(max_iter=1000), "accuracy", 0.015),
        ("wine", LogisticRegression(max_iter=1000), "accuracy", 0.015),
        ("diabetes", LinearRegression(), "rmse", 1.5),
    ],
)
def test_few_rows_are_learnt_as_well_as_by_the_plain_choice(tmp_path, name, plain, metric, slack):
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    frame.to_csv(tmp_path / f"{name}.csv", index=False)
    x, y = frame.drop(columns="target"), frame["target"]
    told = cross_val_predict(make_pipeline(StandardScaler(), plain), x, y, cv=5)
    theirs = np.sqrt(((told - y) ** 2).mean()) if metric == "rmse" else (told == y).mean()
    millrace(tmp_path, "init", f"{name}.csv", "--label", "target")
    record = json.loads(millrace(tmp_path, "run", f"{name}.yaml", "--output", "json"))
    details = next(node["details"] for node in record["nodes"] if node["node"] == "Evaluator")
    assert details["folds"] == 5
    assert find(details, "example_count")["candidate"] == len(frame)
    ours = find(details, metric)["candidate"]
    assert ours < theirs + slack if metric == "rmse" else ours > theirs - slack
    x.to_csv(tmp_path / "new.csv", index=False)
    millrace(tmp_path, "predict", f"{name}.yaml", "--input", "new.csv", "--output", "scored.csv")
    answers = pd.read_csv(tmp_path / "scored.csv")["prediction"]
    seen = np.sqrt(((answers - y) ** 2).mean()) if metric == "rmse" else (answers == y).mean()
    assert seen < ours if metric == "rmse" else seen >= ours - 0.01
