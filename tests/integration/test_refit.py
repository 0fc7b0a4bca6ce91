"""A model of all rows: neither it nor the version in service is judged by rows that it was trained on."""

import json
from pathlib import Path

import pytest

from tests.integration.test_own_data import millrace

CONFIG = """
name: refit
data: {format: csv, path: "sample://diabetes", split: {train: 6, eval: 2, test: 2}}
label: {name: progression, kind: regression}
features: {bmi: {kind: numeric}, bp: {kind: numeric}, s5: {kind: numeric}}
model: {family: boosted_trees, max_iter: 200, min_samples_leaf: 2}
training: {refit: true}
evaluation: {thresholds: {rmse: {max_rise: 20}}}
gate: {drift: null, skew: null, unseen: 0.1}
"""


def evaluate(folder: Path, *options: str) -> dict[str, float]:
    """Runs the pipeline; returns the candidate's error and that of the version in service, on the test split."""
    record = json.loads(millrace(folder, "run", "refit.yaml", *options, "--output", "json"))
    node = next(node for node in record["nodes"] if node["node"] == "Evaluator")
    return next(metric for metric in node["details"]["metrics"] if metric["metric"] == "rmse")


@pytest.mark.full
def test_what_judges_has_not_seen_the_test_split(tmp_path):
    (tmp_path / "refit.yaml").write_text(CONFIG)
    first = evaluate(tmp_path)
    assert first["candidate"] > 55  # trees of so few rows a leaf have learnt by heart what they were trained on
    second = evaluate(tmp_path, "--set", "model.max_iter=100")
    assert second["baseline"] == pytest.approx(first["candidate"], rel=1e-5)
