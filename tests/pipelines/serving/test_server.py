"""A server on a real socket: what it answers, and that no request is lost while versions change."""

import json
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import tensorflow as tf
import waitress

from components.registry.model_registry import Record, publish, rollback
from configs.errors import ConfigError, MillraceError
from configs.home import Home
from pipelines.serving.model_manager import Models
from pipelines.serving.rest_api import Application
from pipelines.serving.server import serve

NAMES = [tf.TensorSpec([None], tf.string, name="examples")]
ROW = {"fare": 2.0, "steps": [1.0, 2.0]}


class Sum(tf.Module):
    """Answers with the sum of a row's numbers and a constant: its version."""

    def __init__(self, number):
        super().__init__()
        self.number = tf.Variable(float(number))

    @tf.function(input_signature=NAMES)
    def serving_default(self, examples):
        parsed = tf.io.parse_example(examples, {"fare": tf.io.FixedLenFeature([], tf.float32, 0.0)})
        return {"prediction": parsed["fare"][:, None] + self.number}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float64, name="fare"),
            tf.TensorSpec([None, None], tf.float64, name="steps"),
        ]
    )
    def serving_raw(self, fare, steps):
        total = tf.cast(fare + tf.reduce_sum(steps, axis=1), tf.float32) + self.number
        return {"prediction": total[:, None], "classes": tf.fill([tf.size(fare), 1], "sum")}


def make(folder, number):
    model = Sum(number)
    signatures = {"serving_default": model.serving_default, "serving_raw": model.serving_raw}
    tf.saved_model.save(model, str(folder), signatures=signatures)
    return folder


@pytest.fixture(scope="module")
def models_of(tmp_path_factory):
    """Three models, each of which adds its number."""
    return {number: make(tmp_path_factory.mktemp("model"), number) for number in (1, 2, 3)}


@pytest.fixture
def home(tmp_path, models_of):
    home = Home(tmp_path / "trips")
    publish(home, models_of[1], {}, Record("run-1"))
    return home


@pytest.fixture
def server(home):
    """A server of version 1 on a port of its own; `said` is what it told."""
    said = []
    models = Models("trips", home, said.append)
    listening = waitress.create_server(Application(models), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{listening.effective_port}", models=models, said=said)
    listening.trigger.pull_trigger(listening.close)  # in its own thread
    thread.join()
    listening.task_dispatcher.shutdown()


def call(server, path, body=None, method=None):
    """The status and the answer to a request."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.headers["Content-Type"] == "application/json"
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def ask(server, body, path="/v1/models/trips:predict"):
    return call(server, path, body)


def test_rows_columns_and_examples_are_answered(server):
    example = tf.train.Example()
    example.features.feature["fare"].float_list.value.append(2.0)
    encoded = tf.io.encode_base64(example.SerializeToString()).numpy().decode().replace("-", "+").replace("_", "/")
    encoded += "=" * (-len(encoded) % 4)
    assert ask(server, {"instances": [{"b64": encoded}]}) == (200, {"predictions": [[3.0]]})
    assert ask(server, {"inputs": [{"b64": encoded}]}) == (200, {"outputs": [[3.0]]})
    raw = {"signature_name": "serving_raw"}
    named = {"prediction": [6.0], "classes": ["sum"]}
    assert ask(server, {**raw, "instances": [ROW, ROW]}) == (200, {"predictions": [named, named]})
    columns = {"fare": [2.0], "steps": [[1.0, 2.0]]}
    assert ask(server, {**raw, "inputs": columns}) == (200, {"outputs": {"prediction": [[6.0]], "classes": [["sum"]]}})
    assert ask(server, {"instances": [{"b64": ""}]}, "/v1/models/trips/versions/1:predict")[1] == {
        "predictions": [[1.0]]
    }


def test_status_and_metadata(server):
    available = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in ("/v1/models/trips", "/v1/models/trips/versions/1"):
        assert call(server, path) == (200, {"model_version_status": [available]})
    status, answer = call(server, "/v1/models/trips/metadata")
    assert (status, answer["model_spec"]) == (200, {"name": "trips", "signature_name": "", "version": "1"})
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert signatures.keys() == {"serving_default", "serving_raw"}
    assert signatures["serving_raw"]["method_name"] == "tensorflow/serving/predict"
    assert signatures["serving_raw"]["inputs"]["fare"] == {
        "dtype": "DT_DOUBLE",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
        "name": "serving_raw_fare:0",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/v1/models/other", None, 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/other/versions/1", None, 404, "Could not find version 1 of model other"),
        ("GET", "/v1/models/trips/versions/7", None, 404, "Could not find version 7 of model trips"),
        ("GET", "/v1/models/trips/labels/stable", None, 400, "Unrecognized servable version label: stable"),
        ("GET", "/v1/models/other/metadata", None, 404, "Servable not found for request: Latest(other)"),
        ("POST", "/v1/models/other:predict", {}, 404, "Servable not found for request: Latest(other)"),
        ("POST", "/v1/models/trips/versions/7:predict", {}, 404, "Servable not found for request: Specific(trips, 7)"),
        ("PUT", "/v1/models/trips", {}, 400, "Malformed request: PUT /v1/models/trips"),
        ("GET", "/v1/models/trips:predict", None, 400, "Malformed request: GET /v1/models/trips:predict"),
        ("GET", "/", None, 404, "Malformed request: GET /"),
        ("POST", "/v1/models/trips:predict", b"", 400, "JSON Parse error: The document is empty"),
        ("POST", "/v1/models/trips:predict", {"signature_name": 1}, 400, "'signature_name' key must be a string"),
        (
            "POST",
            "/v1/models/trips:predict",
            {"signature_name": "other", "instances": [1]},
            400,
            'Serving signature name: "other" not found in signature def',
        ),
        (
            "POST",
            "/v1/models/trips:classify",
            {},
            400,
            "Expected classification signature method_name to be tensorflow/serving/classify. "
            "Was: tensorflow/serving/predict",
        ),
        ("POST", "/v1/models/trips:predict", {"instances": ["no Example"]}, 400, "Could not parse example input"),
        ("POST", "/v1/models/trips:predict", {"instances": [["x"]]}, 400, "Input examples has shape [1, 1]"),
        (
            "POST",
            "/v1/models/trips:predict",
            {"signature_name": "serving_raw", "inputs": {"fare": [1, 2], "steps": [[1], [2], [3]]}},
            400,
            "ncompatible shapes",
        ),
    ],
)
def test_bad_requests_are_refused_in_the_words_of_tensorflow_serving(server, method, path, body, status, message):
    found, answer = call(server, path, body, method)
    assert found == status
    assert answer.keys() == {"error"}
    assert message in answer["error"]


def test_a_new_version_takes_over_without_a_lost_request(server, home, models_of):
    done = threading.Event()

    def keep_asking(_):
        answers = [ask(server, {"instances": [{"b64": ""}]})]
        while not done.is_set():
            answers.append(ask(server, {"instances": [{"b64": ""}]}))
        return answers

    with ThreadPoolExecutor(3) as pool:
        asked = pool.map(keep_asking, range(3))
        for number in (2, 3):
            publish(home, models_of[number], {}, Record(f"run-{number}"))
            server.models.refresh()
            assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[float(number)]]})
        done.set()
    for answers in asked:
        assert {status for status, _ in answers} == {200}
        numbers = [answer["predictions"][0][0] for _, answer in answers]
        assert numbers == sorted(numbers) and len(numbers) > 2
    assert server.said == ["Version 2 is served.", "Version 3 is served."]
    states = {each["version"]: each["state"] for each in call(server, "/v1/models/trips")[1]["model_version_status"]}
    assert states == {"1": "END", "2": "END", "3": "AVAILABLE"}
    assert call(server, "/v1/models/trips/versions/1:predict", {})[0] == 404


def test_a_rollback_is_a_new_version(server, home, models_of):
    publish(home, models_of[2], {}, Record("run-2"))
    server.models.refresh()
    rollback(home, reason="complaints")
    server.models.refresh()
    assert server.models.current.number == 3
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[1.0]]})


def test_a_version_that_is_damaged_is_not_taken_up_and_said_once(server, home, models_of):
    publish(home, models_of[2], {}, Record("run-2"))
    graph = home.serving / "2" / "saved_model.pb"
    sound = graph.read_bytes()
    graph.write_bytes(b"?")
    for _ in range(3):
        server.models.refresh()
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[1.0]]})
    [said] = server.said
    assert said.startswith("Version 2 cannot be served, and version 1 stays: ")
    assert "version 2 is damaged" in said
    [newest, loaded] = call(server, "/v1/models/trips")[1]["model_version_status"]
    assert (newest["state"], newest["status"]["error_code"], loaded["state"]) == ("LOADING", "UNKNOWN", "AVAILABLE")
    graph.write_bytes(sound)
    server.models.refresh()
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[2.0]]})


def test_new_versions_are_looked_for(server, home, models_of, monkeypatch):
    monkeypatch.setattr("pipelines.serving.model_manager.POLL", 0.01)
    stop = threading.Event()
    watching = threading.Thread(target=server.models.watch, args=(stop,))
    watching.start()
    publish(home, models_of[2], {}, Record("run-2"))
    for _ in range(1000):
        if server.models.current.number == 2:
            break
        stop.wait(0.02)
    stop.set()
    watching.join()
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[2.0]]})


def test_nothing_in_service_is_said(tmp_path):
    with pytest.raises(MillraceError, match="nothing is in service yet"):
        Models("trips", Home(tmp_path), print)


def test_a_port_that_is_taken_is_said(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="cannot listen there: Address already in use") as error:
            serve(Models("trips", home, print), "127.0.0.1", port)
    assert error.value.where == f"--host 127.0.0.1 --port {port}"
