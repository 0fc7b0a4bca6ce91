"""A forecaster judged from several origins: each part of the latest rows by a model of all rows before it."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.integration.test_own_data import millrace

CHANGED = """
name: change
data: {format: csv, path: change.csv, split: {train: 6, eval: 2, test: 2, by: t}}
label: {name: y, kind: regression}
features: {t: {kind: numeric}}
model: {family: boosted_trees, max_iter: 60, min_samples_leaf: 5, learning_rate: 0.5}
training: {}
evaluation: {backtest: 2, thresholds: {rmse: {max: 9}}}
baselines: [mean]
gate: {drift: null, skew: null, unseen: 1}
"""
ROWS = 500


@pytest.mark.full
def test_what_changes_at_the_first_origin_is_known_from_the_second_on(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, ROWS)
    after = np.arange(ROWS) >= 0.8 * ROWS
    pd.DataFrame({"t": np.arange(ROWS), "y": 10 * after + noise}).to_csv(tmp_path / "change.csv", index=False)
    (tmp_path / "change.yaml").write_text(CHANGED)
    record = json.loads(millrace(tmp_path, "run", "change.yaml", "--output", "json"))
    details = {node["node"]: node["details"] for node in record["nodes"]}
    found = {(item["metric"], item["slice"]): item["candidate"] for item in details["Evaluator"]["metrics"]}
    assert details["Evaluator"]["origins"] == 2
    assert [found["example_count", name] for name in ("Overall", "origin=1", "origin=2")] == [100, 50, 50]
    assert found["rmse", "origin=1"] == pytest.approx(10, abs=0.3)
    assert found["rmse", "origin=2"] < 0.5
    assert found["rmse", "Overall"] == pytest.approx(10 / np.sqrt(2), abs=0.3)
    mean = np.sqrt((10**2 + (10 - 10 * 50 / 450) ** 2) / 2)  # of a tenth of the rows that it knows at the second
    assert details["SklearnBaselines"]["models"]["mean"]["rmse"] == pytest.approx(mean, abs=0.1)
    page = next(tmp_path.glob("workspace/change/runs/*/report.html")).read_text()
    assert "the test split, from 2 origins" in page
    assert "origin=2" in page
    millrace(tmp_path, "predict", "change.yaml", "--input", "change.csv", "--output", "scored.csv")
    scored = pd.read_csv(tmp_path / "scored.csv")
    assert np.sqrt(np.mean((scored["prediction"] - scored["y"]) ** 2)) < 0.5  # what is served knows all rows
