"""What MLflow is told of a run: against a real server what it then holds, and without one what would be sent."""

import pytest
import requests

from configs.errors import MillraceError
from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.execution.mlflow_tracking import batch, list_metrics, list_parameters, list_tags, track
from pipelines.runs.run import Run
from tests.fakes import mlflow_server

TAXI = ROOT / "configs" / "taxi.yaml"
HISTORY = {"loss": [0.5, float("nan")], "val_loss": [0.6, 0.4]}
RECORD = {
    "run": "r1",
    "started": "2026-11-22T10:53:23+00:00",
    "ended": "2026-11-22T10:54:49+00:00",
    "exit_code": 0,
    "published": 3,
    "folder": "/m/runs/r1",
    "serving": "/m/serving",
    "made_of": {"config": "c0ffee"},
    "nodes": [
        {
            "node": "Trainer",
            "seconds": 2.5,
            "details": {"history": {"loss": [0.5, float("nan")], "val_loss": [0.6, 0.4]}},
        },
        {"node": "Evaluator", "seconds": 1.5, "details": {"overall": {"auc": 0.95}}},
    ],
}


def configure(tmp_path, url):
    config = load(TAXI, [f"storage.root={tmp_path / 'workspace'}", f"tracking.mlflow={url}"])
    run = Run(config.home, "r1")
    run.folder.mkdir(parents=True)
    run.report.write_text("<p>page</p>")
    return config, run


def test_parameters_are_the_keys_that_decide_about_a_model():
    found = list_parameters(load(TAXI))
    assert found["training.epochs"] == "5"
    assert found["model.family"] == "wide_deep"
    assert not any(key.startswith(("storage", "features", "notify")) for key in found)


def test_metrics_come_by_epoch_and_without_what_is_no_number():
    found = [(metric["key"], metric["value"], metric["step"]) for metric in list_metrics(RECORD, 7)]
    assert found == [
        ("loss", 0.5, 1),
        ("val_loss", 0.6, 1),
        ("val_loss", 0.4, 2),
        ("test_auc", 0.95, 0),
        ("seconds_Trainer", 2.5, 0),
        ("seconds_Evaluator", 1.5, 0),
    ]


def test_what_is_not_known_is_no_tag():
    assert list_tags({**RECORD, "published": None}) == {
        "millrace.exit_code": "0",
        "millrace.folder": "/m/runs/r1",
        "millrace.digest.config": "c0ffee",
    }


def test_no_request_holds_more_than_it_may():
    assert list(batch(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batch([], 2)) == []


def test_a_server_that_is_not_there_is_told_of(tmp_path):
    with pytest.raises(MillraceError, match="MLflow does not answer: ConnectionError"):
        track(*configure(tmp_path, "http://127.0.0.1:9"), RECORD)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server.served(mlflow_server.install(folder / "venv"), folder) as url:
        yield url


def ask(server, what, **asked):
    """What the server says."""
    return requests.get(f"{server}/api/2.0/mlflow/{what}", params=asked, timeout=10).json()


@pytest.mark.full
def test_a_real_server_holds_what_it_was_told(tmp_path, server):
    config, run = configure(tmp_path, server)
    run_id = track(config, run, RECORD)
    assert track(config, run, RECORD) == run_id  # again is safe

    told = ask(server, "runs/get", run_id=run_id)["run"]
    parameters = {item["key"]: item["value"] for item in told["data"]["params"]}
    metrics = {item["key"]: item["value"] for item in told["data"]["metrics"]}
    tags = {item["key"]: item["value"] for item in told["data"]["tags"]}
    assert (told["info"]["run_name"], told["info"]["status"]) == ("r1", "FINISHED")
    assert (told["info"]["start_time"], told["info"]["end_time"]) == (1795344803000, 1795344889000)
    assert parameters == list_parameters(config)
    assert (metrics["test_auc"], metrics["val_loss"], metrics["seconds_Trainer"]) == (0.95, 0.4, 2.5)
    assert (tags["millrace.run"], tags["millrace.published"]) == ("r1", "3")
    curve = ask(server, "metrics/get-history", run_id=run_id, metric_key="val_loss")["metrics"]
    assert {(item["step"], item["value"]) for item in curve} == {(1, 0.6), (2, 0.4)}
    assert [file["path"] for file in ask(server, "artifacts/list", run_id=run_id)["files"]] == ["report.html"]
    [version] = ask(server, "model-versions/search", filter="name = 'taxi'")["model_versions"]
    assert {tag["key"]: tag["value"] for tag in version["tags"]} == {
        "millrace.version": "3",
        "millrace.model": "/m/serving/3",
    }
    assert version["run_id"] == run_id


@pytest.mark.full
def test_a_run_that_failed_is_one_that_failed_and_registers_nothing(tmp_path, server):
    config, run = configure(tmp_path, server)
    other = config.model_copy(update={"name": "other"})
    run_id = track(other, run, {**RECORD, "exit_code": 4, "published": None})
    told = requests.get(f"{server}/api/2.0/mlflow/runs/get", params={"run_id": run_id}, timeout=10).json()["run"]
    assert told["info"]["status"] == "FAILED"
    found = requests.get(
        f"{server}/api/2.0/mlflow/model-versions/search", params={"filter": "name = 'other'"}, timeout=10
    )
    assert "model_versions" not in found.json()
