"""What the server answers."""

import pytest
import tensorflow as tf

from tests.pipelines.serving.conftest import ask, call

ROW = {"fare": 2.0, "steps": [1.0, 2.0]}


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
