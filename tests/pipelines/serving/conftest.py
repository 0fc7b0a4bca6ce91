"""A server on a real socket, of models that add up a row's numbers."""

import json
import threading
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
import tensorflow as tf

from components.registry.model_registry import Record
from configs.home import Home
from pipelines.serving.model_manager import Models
from pipelines.serving.server import bind, build, listen
from tests.fakes.models import publish

NAMES = [tf.TensorSpec([None], tf.string, name="examples")]


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


@pytest.fixture(scope="session")
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
    [listening] = sockets = bind("127.0.0.1", 0)
    listen(sockets)
    running = build(models, [listening], max_body=1_000_000)
    thread = threading.Thread(target=running.run)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    yield SimpleNamespace(url=url, models=models, said=said)
    running.should_exit = True
    thread.join()


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
