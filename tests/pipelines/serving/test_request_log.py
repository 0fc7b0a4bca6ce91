"""The log of a server on a real socket."""

import shutil
import threading
import urllib.request
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from components.registry.model_registry import Record
from configs.errors import ConfigError
from configs.home import Home
from configs.schema.config import Config
from pipelines.serving import request_log
from pipelines.serving.model_manager import Models
from pipelines.serving.prediction_log import Exchange
from pipelines.serving.request_log import RequestLog, read_log
from pipelines.serving.server import bind, build, listen
from tests.fakes import bucket
from tests.fakes.models import publish
from tests.pipelines.serving.conftest import ask
from tests.pipelines.serving.test_disclosure import CONFIG
from tests.pipelines.serving.test_metrics import parse, sample

FEATURES = {"fare": {"kind": "numeric"}, "steps": {"kind": "sequence", "length": 2}}
RAW = {"signature_name": "serving_raw"}
ROW = {"fare": 2.0, "steps": [1.0, 31337.0]}


@pytest.fixture
def home(home, models_of, tmp_path):
    """Version 2, whose config keeps the steps private."""
    config = {**CONFIG, "features": FEATURES, "data": {**CONFIG["data"], "private": ["steps"]}}
    (tmp_path / "config.json").write_text(Config.model_validate(config).model_dump_json())
    publish(home, models_of[2], {"config.json": tmp_path / "config.json"}, Record("run-2"))
    return home


@pytest.fixture
def logged(home):
    """A server that logs all that it is asked."""
    said = []
    log = RequestLog(home, 1.0, 8_000_000, [], said.append)
    models = Models("trips", home, said.append)
    [listening] = sockets = bind("127.0.0.1", 0)
    listen(sockets)
    running = build(models, [listening], max_body=1_000_000, log=log)
    thread = threading.Thread(target=running.run)
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{listening.getsockname()[1]}", log=log, home=home, said=said)
    running.should_exit = True
    thread.join()
    log.close()


def count(server):
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=60) as answer:
        found = parse(answer.read().decode())
    name = "millrace_logged_requests_total"
    return {key: int(found[sample(name, model_name="trips", result=key)]) for key in request_log.RESULTS}


def test_what_was_asked_and_answered_is_read_back_and_what_is_private_is_not_there(logged):
    assert ask(logged, {**RAW, "instances": [ROW, ROW]})[0] == 200
    assert ask(logged, {"instances": [{"b64": ""}]})[0] == 200
    assert ask(logged, {**RAW, "instances": [{"fare": "?"}]})[0] == 400
    logged.log.close()
    raw, examples = read_log(logged.home)
    assert (raw.model, raw.version, raw.signature, raw.share) == ("trips", 2, "serving_raw", 1.0)
    assert {name: values.tolist() for name, values in raw.inputs.items()} == {"fare": [2.0, 2.0]}
    assert raw.outputs["prediction"].tolist() == [[31342.0]] * 2
    assert raw.outputs["classes"].tolist() == [[b"sum"]] * 2
    assert (examples.signature, examples.inputs["examples"].tolist()) == ("serving_default", [b"\n\0"])
    [path] = logged.home.requests.iterdir()
    assert np.float64(31337.0).tobytes() not in path.read_bytes()
    records = [prediction_log_pb2.PredictionLog.FromString(r.numpy()) for r in tf.data.TFRecordDataset([str(path)])]
    assert [record.predict_log.request.model_spec.signature_name for record in records] == [
        "serving_raw",
        "serving_default",
    ]
    assert count(logged) == {"written": 2, "withheld": 0, "dropped": 0, "failed": 0}


def test_the_config_at_hand_may_keep_more_private_than_that_of_the_version(home):
    log = RequestLog(home, 1.0, 8_000_000, ["fare"], print)
    log.offer(Exchange("trips", 2, "serving_raw", {"fare": np.array([5.0])}, {}), 9)
    log.close()
    [exchange] = read_log(home)
    assert exchange.inputs == {}


def test_a_share_is_kept(home, monkeypatch):
    log = RequestLog(home, 0.25, 8_000_000, [], print)
    drawn = iter([0.1, 0.3, 0.2499, 0.25])
    monkeypatch.setattr(request_log.random, "random", lambda: next(drawn))
    for fare in (1.0, 2.0, 3.0, 4.0):
        log.offer(Exchange("trips", 2, "serving_raw", {"fare": np.array([fare])}, {}), 9)
    log.close()
    assert [exchange.inputs["fare"].tolist() for exchange in read_log(home)] == [[1.0], [3.0]]


@pytest.mark.parametrize("share", [float("nan"), 0.0, -1.0, 1.5])
def test_a_share_is_a_part(home, share):
    with pytest.raises(ConfigError, match="no share of the requests"):
        RequestLog(home, share, 8_000_000, [], print)


def test_a_slow_disk_delays_no_request_and_what_is_dropped_is_counted(logged, monkeypatch):
    stuck, slow = threading.Event(), logged.log.files.append
    monkeypatch.setattr(logged.log.files, "append", lambda record: (stuck.wait(60), slow(record)))
    monkeypatch.setattr(request_log, "WAITING", 3)
    for _ in range(10):
        assert ask(logged, {**RAW, "instances": [ROW]})[0] == 200
    assert count(logged)["dropped"] >= 6  # one is at the disk, three wait
    stuck.set()
    logged.log.close()
    found = count(logged)
    assert found["written"] == 10 - found["dropped"] == len(list(read_log(logged.home)))


def test_long_requests_wait_within_bounds(logged, monkeypatch):
    stuck = threading.Event()
    monkeypatch.setattr(logged.log.files, "append", lambda record: stuck.wait(60))
    monkeypatch.setattr(request_log, "BYTES", 100)
    for _ in range(5):
        assert ask(logged, {**RAW, "instances": [ROW]})[0] == 200
    stuck.set()
    assert count(logged)["dropped"] >= 3
    logged.log.close()
    assert logged.log.bytes == 0


def test_a_disk_that_refuses_is_said_once_and_so_is_its_end(logged):
    shutil.rmtree(logged.home.requests)
    for _ in range(3):
        assert ask(logged, {**RAW, "instances": [ROW]})[0] == 200
    wait_for(logged, "failed", 3)
    logged.home.requests.mkdir()
    ask(logged, {**RAW, "instances": [ROW]})
    wait_for(logged, "written", 1)
    begun, ended = logged.said
    assert begun.startswith("The request log is not written, and requests are answered all the same: ")
    assert ended == "The request log is written again."


def test_a_version_that_does_not_say_what_is_private_is_not_logged(logged):
    (logged.home.serving / "2" / "assets.extra" / "config.json").write_text("{}")
    assert ask(logged, {**RAW, "instances": [ROW]})[0] == 200
    wait_for(logged, "failed", 1)
    [said] = logged.said
    assert "version 2 does not say which of its columns are private" in said
    logged.log.close()
    assert list(read_log(logged.home)) == []


def test_a_place_that_cannot_be_is_refused_before_a_request_comes(home):
    home.requests.write_text("")
    with pytest.raises(ConfigError, match="is no folder"):
        RequestLog(home, 1.0, 8_000_000, [], print)


def test_closed_files_go_to_the_store_and_are_read_there(monkeypatch, home, tmp_path):
    monkeypatch.setattr(request_log, "END", 60.0)  # on a busy machine a store's client takes its time
    with bucket.serve() as store:
        here, there = (Home(tmp_path / name / "copies" / "trips", "s3://models/trips") for name in ("here", "there"))
        shutil.copytree(home.serving, here.serving)
        log = RequestLog(here, 1.0, 8_000_000, [], print)
        log.offer(Exchange("trips", 2, "serving_raw", {"fare": np.array([5.0])}, {}), 9)
        log.close()
        assert list(here.requests.iterdir()) == []
        assert len(store.ls("models/trips/requests")) == 1
        assert [exchange.inputs["fare"].tolist() for exchange in read_log(there)] == [[5.0]]


def wait_for(server, result, number):
    for _ in range(100):
        if count(server)[result] == number:
            return
        threading.Event().wait(0.05)
    raise AssertionError(count(server))
