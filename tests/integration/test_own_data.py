"""Somebody's own CSV, by three commands and no line of Python: as good as scikit-learn on the same rows."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from components.examples.splits import assign_splits
from components.validation.typed_batch import assign_roles
from components.validation.validate import check_batches
from configs.loading.loader import load


def millrace(folder: Path, *arguments: object) -> str:
    """What a command says in a folder; it must end well."""
    command = [sys.executable, "-m", "pipelines", *map(str, arguments)]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def halve(frame: pd.DataFrame, folder: Path) -> tuple[Path, Path, pd.DataFrame]:
    """Writes most rows as the data, and the others, without the label, as what is to be scored."""
    mixed = frame.sample(frac=1, random_state=5)
    known, new = mixed.iloc[: int(len(mixed) * 0.7)], mixed.iloc[int(len(mixed) * 0.7) :]
    known.to_csv(folder / "known.csv", index=False)
    new.drop(columns="target").to_csv(folder / "new.csv", index=False)
    return folder / "known.csv", folder / "new.csv", new


def init_run_predict(data: Path, new: Path, quality: str = "good") -> tuple[Path, pd.DataFrame]:
    """The three commands; returns the config and the scored rows."""
    config, scored = data.with_name("own.yaml"), data.with_name("scored.csv")
    millrace(data.parent, "init", data, "--label", "target", "--quality", quality, "-o", config)
    millrace(data.parent, "run", config)
    millrace(data.parent, "predict", config, "--input", new, "--output", scored)
    return config, pd.read_csv(scored)


def training_rows(config: Path) -> pd.DataFrame:
    """The rows of the data that went to the training split, as the pipeline sees them."""
    loaded = load(config)
    roles = assign_roles(loaded)
    parts = list(loaded.data.split.parts.values())
    [batch] = check_batches([loaded.data.path], "csv", roles)
    frame = batch.to_pandas()
    return frame[assign_splits(batch, parts) == 0]


@pytest.mark.full
@pytest.mark.parametrize("load_data", [datasets.load_breast_cancer, datasets.load_wine])
def test_classes_are_found_as_well_as_by_logistic_regression(tmp_path, load_data):
    data = load_data(as_frame=True)
    frame = data.frame.assign(target=np.array(data.target_names)[data.target])
    known, new, truth = halve(frame, tmp_path)
    config, scored = init_run_predict(known, new)
    train = training_rows(config)
    features = list(load(config).features)
    reference = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    reference.fit(train[features], train["target"])
    classes = load(config).label.values
    theirs = np.array(classes)[reference.predict(truth[features])]
    accuracy, bar = (np.mean(answer == truth["target"]) for answer in (scored["prediction"].to_numpy(), theirs))
    assert accuracy >= bar - 0.03
    scores = scored[[f"score_{name}" for name in classes]]
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert (scored["prediction"] == np.array(classes)[scores.to_numpy().argmax(axis=1)]).all()


@pytest.mark.full
def test_a_number_is_found_as_well_as_by_linear_regression(tmp_path):
    frame = datasets.load_diabetes(as_frame=True, scaled=False).frame
    known, new, truth = halve(frame, tmp_path)
    config, scored = init_run_predict(known, new)
    train = training_rows(config)
    numbers = [name for name, feature in load(config).features.items() if feature.kind == "numeric"]
    others = [name for name in load(config).features if name not in numbers]
    train[others] = train[others].astype(float)
    reference = LinearRegression().fit(train[[*numbers, *others]], train["target"])
    theirs = reference.predict(truth[[*numbers, *others]])
    error, bar = (
        np.sqrt(np.mean((answer - truth["target"].to_numpy()) ** 2)) for answer in (scored["prediction"], theirs)
    )
    assert error <= bar * 1.05


@pytest.mark.full
def test_a_mixed_file_needs_no_help(tmp_path):
    random = np.random.default_rng(11)
    rows = 900
    fee, active = random.normal(40, 10, rows).round(2), random.random(rows) < 0.6
    words = random.choice(["fine", "slow", "broken", "great", "cheap", "loud"], (rows, 14))
    joined = pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 600, rows), "D")
    worth = 0.1 * (fee - 40) + 2 * active - 1.5 * (words == "broken").sum(axis=1) + 2
    frame = pd.DataFrame(
        {
            "customer_id": [f"c-{number:05d}" for number in random.permutation(rows)],
            "joined": joined.strftime("%Y-%m-%d"),
            "active": np.where(active, "yes", "no"),
            "fee": np.where(random.random(rows) < 0.05, np.nan, fee),
            "plan": random.choice(["basic", "plus", None], rows, p=[0.6, 0.37, 0.03]),
            "review": [" ".join(line) for line in words],
            "target": np.where(worth > np.median(worth), "stays", "leaves"),
        }
    )
    known, new, truth = halve(frame, tmp_path)
    config, scored = init_run_predict(known, new, "fast")  # as good it would train six models
    kinds = {name: feature.kind for name, feature in load(config).features.items()}
    assert kinds == {
        "joined": "timestamp",
        "active": "boolean",
        "fee": "numeric",
        "plan": "categorical",
        "review": "text",
    }
    assert list(scored["customer_id"]) == list(truth["customer_id"])
    assert np.mean(scored["prediction"] == truth["target"].to_numpy()) > 0.85
    one = {**{name: truth.iloc[0][name] for name in ("joined", "active", "review")}, "fee": None, "plan": "basic"}
    answer = json.loads(millrace(tmp_path, "predict", config, "--row", json.dumps(one), "--output", "json"))
    assert answer["prediction"] in ("stays", "leaves")
