"""Every YAML that ships: it says how to run it and what to expect, its data is sound, and it reaches what it says.

And the page of its run shows what scikit-learn says of the same predictions.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser
from sklearn import metrics as sklearn

from components.evaluation.predictions import Predictions, read_predictions
from components.validation import column_patterns, validate
from configs.home import Home
from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.evaluation import METRICS
from configs.schema.features import Image, Words
from configs.schema.label import Label
from tests.browser import look, opened, visited

SHIPPED = sorted((ROOT / "configs").glob("*.yaml"))
HEADER = re.compile(
    r"# millrace run configs/(.+)\.yaml\n"
    r"# takes .+ on two cores without a GPU; expect (\w+) [\d.]+ on the test split\n"
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_config_says_how_to_run_it_and_what_to_expect(path: Path) -> None:
    name, metric = HEADER.match(path.read_text(encoding="utf-8")).groups()
    config = load(path)
    assert (name, config.name) == (path.stem, path.stem)
    assert metric in METRICS[config.label.kind]
    assert metric in config.evaluation.thresholds


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_data_of_a_config_has_all_that_it_names(path: Path) -> None:
    validate.check_small(column_patterns.resolve(load(path)))


@pytest.mark.full
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_config_reaches_its_reference(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "run", str(path), "--set", f"storage.root={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    home = Home(tmp_path / load(path).name)
    assert (home.serving / "1" / "saved_model.pb").is_file()
    [page] = home.runs.glob("*/report.html")
    config, record = load(path), json.loads(page.with_name("run.json").read_text())
    details = {node["node"]: node["details"] for node in record["nodes"]}
    outputs = {node["node"]: node["outputs"] for node in record["nodes"]}
    judging = read_predictions(outputs["Evaluator"]["evaluation"][0])
    assert judging is not None
    with opened() as browser:
        look(browser, page, path.stem)
        compare_with_sklearn(browser, page, config.label, judging)
    told = details["Evaluator"]["explanation"]
    assert told["spent"] < 1.5 * config.explain.seconds
    drawn = any(isinstance(feature, Image | Words) for feature in config.features.values())
    assert [example for found in told["examples"].values() for example in found if "without" in example] or not drawn


def compare_with_sklearn(browser: Browser, page: Path, label: Label, judging: Predictions) -> None:
    """Fails where the page's metrics or its confusion matrix are not what scikit-learn says of the predictions."""
    expected, told = measure(label, judging)
    with visited(browser, page) as visit:
        shown = {row[0]: float(row[1].split()[0]) for row in visit.read_table("Metrics")[1:]}
        assert {name: shown[name] for name in expected} == pytest.approx(expected, abs=2e-3)
        if label.kind != "regression":
            classes = range(len(label.values))
            counts = sklearn.confusion_matrix(judging.labels[:, 0], told, labels=classes, sample_weight=judging.weights)
            matrix = [row[1 : 1 + len(classes)] for row in visit.read_table("Confusion matrix")[1:]]
            assert [[float(cell.split()[0].replace(",", "")) for cell in row] for row in matrix] == counts.tolist()


def measure(label: Label, judging: Predictions) -> tuple[dict[str, float], np.ndarray]:
    """What scikit-learn says of predictions, by metric; and the classes, or numbers, that they are."""
    actual, answers, weighed = (
        judging.labels[:, 0] + label.offset,
        judging.candidate,
        {"sample_weight": judging.weights},
    )
    if label.kind == "regression":
        told = answers[:, answers.shape[1] // 2]
        rmse = sklearn.mean_squared_error(actual, told, **weighed) ** 0.5
        mae, r2 = (find(actual, told, **weighed) for find in (sklearn.mean_absolute_error, sklearn.r2_score))
        return {"rmse": rmse, "mae": mae, "r2": r2}, told
    told = (answers[:, 0] > 0.5).astype(int) if label.kind == "binary" else answers.argmax(axis=1)
    scores = answers[:, 0] if label.kind == "binary" else answers
    found = {
        "accuracy": sklearn.accuracy_score(actual, told, **weighed),
        "log_loss": sklearn.log_loss(actual, scores, labels=range(len(label.values)), **weighed),
    }
    if label.kind == "multiclass":
        return found | {"macro_f1": sklearn.f1_score(actual, told, average="macro", **weighed)}, told
    return found | {"auc": sklearn.roc_auc_score(actual, scores, **weighed)}, told
