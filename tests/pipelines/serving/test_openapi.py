"""The description that the server gives of itself, held against what it answers."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.pipelines.serving.conftest import call

MODES = {"meant well": GenerationMode.POSITIVE, "meant badly": GenerationMode.NEGATIVE}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def try_all(server, mode, examples):
    """Sends requests to each operation of what the server describes; an answer that is not as described fails."""
    server.models.make_ready()
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for operation in (result.ok() for result in schema.get_all_operations()):
        if mode == "meant badly" and not operation.body and not operation.path_parameters:
            continue  # there is nothing to be wrong

        @settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=MODES[mode]))
        def send(case):
            case.call_and_validate(checks=CHECKS)

        send()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_it_answers_as_it_says(server, mode):
    try_all(server, mode, examples=10)


@pytest.mark.full
@pytest.mark.parametrize("mode", MODES)
def test_it_goes_on_answering_as_it_says(server, mode):
    try_all(server, mode, examples=1000)


@pytest.mark.parametrize(
    ("request_", "fits"),
    [
        ({"instances": [{"b64": ""}, "text"]}, True),
        ({"instances": [{"examples": "text"}]}, True),
        ({"inputs": ["text"]}, True),
        ({"signature_name": "serving_raw", "instances": [{"fare": 1.5, "steps": [1, 2]}]}, True),
        ({"signature_name": "serving_raw", "inputs": {"fare": [1.5], "steps": [[1, 2]]}}, True),
        ({"signature_name": "serving_raw", "instances": [{"fare": 1.5}]}, False),
        ({"signature_name": "serving_raw", "instances": [{"fare": "1.5", "steps": []}]}, False),
        ({"signature_name": "other", "instances": ["text"]}, False),
        ({"instances": []}, False),
        ({}, False),
    ],
)
def test_it_says_what_a_request_is(server, request_, fits):
    described = call(server, "/openapi.json")[1]
    body = described["paths"]["/v1/models/trips:predict"]["post"]["requestBody"]
    assert Draft202012Validator(body["content"]["application/json"]["schema"]).is_valid(request_) is fits
