"""What the server answers to requests that nobody means well with: a short error, never a trace."""

import asyncio
import json
import logging
import threading

import pytest

from pipelines.serving.application import MOMENT, SHORT, Application
from pipelines.serving.json_tensor import LONGEST
from pipelines.serving.model_manager import Models
from tests.pipelines.serving.conftest import call

PREDICT = "/v1/models/trips:predict"
DEEP = b"[" * 982 + b"]" * 982


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (PREDICT, rb'{"instances": ["\ud800"]}', 400, "JSON Parse error: "),
        (PREDICT, rb'{"\udfff": 1, "instances": [1]}', 400, "JSON Parse error: "),
        (PREDICT, rb'{"signature_name": "\uD800", "instances": [1]}', 400, "JSON Parse error: "),
        (PREDICT, b'{"instances": ["\xed\xa0\x80"]}', 400, "JSON Parse error: "),
        (PREDICT, b'{"instances": [%s]}' % (b"[" * 32 + b"1" + b"]" * 32), 400, "at unexpected level: 32"),
        (PREDICT, b'{"instances": [%s]}' % DEEP, 400, ""),
        (PREDICT, b'{"instances": %s}' % (b'{"a":' * 982 + b"1" + b"}" * 982), 400, ""),
        (PREDICT, DEEP, 400, ""),
        (PREDICT, b'{"instances": [%s]}' % (b"9" * 5000), 400, "JSON Parse error: "),
        (PREDICT, b'{"signature_name": "%s", "instances": [1]}' % (b"x" * 900_000), 400, "Serving signature name: "),
        (PREDICT, b'{"instances": ["%s"]}' % (b"no Example" * 90_000), 400, "Could not parse example input"),
        (PREDICT, b'{"instances": [{"b64": "boo="}]}', 400, "Could not parse example input"),  # no UTF-8, as it quotes
        (PREDICT, b'{"instances": [{"%s": 1}]}' % (b"x" * 900_000), 400, "keys must be equal to: examples"),
        (f"/v1/models/trips/versions/{'9' * 5000}:predict", b"{}", 400, "Failed to convert version: 999"),
        (f"/v1/models/trips/versions/{2**63}", None, 400, "Failed to convert version: 9223372036854775808"),
        (f"/v1/models/trips/versions/{2**63 - 1}", None, 404, "Could not find version 9223372036854775807"),
        ("/v1/models/trips/versions/%D9%A1", None, 400, "Malformed request"),  # a one, in Arabic
        (f"/v1/models/{'x' * 50_000}", None, 404, "Could not find any versions of model xxx"),
        ("/%ED%A0%80%00%0a", None, 404, "Malformed request"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_short(server, caplog, path, body, status, message):
    found, answer = call(server, path, body)
    assert found == status
    assert message in answer["error"]
    assert len(answer["error"]) <= LONGEST
    assert caplog.records == []


def test_a_version_is_a_number(server):
    assert call(server, "/v1/models/trips/versions/001")[0] == 200


def test_what_nobody_thought_of_is_an_error_of_the_server(server, caplog, monkeypatch):
    def fail(*_):
        raise LookupError("a secret")

    monkeypatch.setattr("pipelines.serving.rest_api.parse", fail)
    with caplog.at_level(logging.ERROR):
        status, answer = call(server, PREDICT, {"instances": [1]})
    assert (status, "secret" in json.dumps(answer)) == (500, False)
    [record] = caplog.records
    assert "a secret" in caplog.text and record.name == "millrace.serving"


def test_it_says_that_it_is_well_and_when_it_is_ready(server):
    assert call(server, "/healthz") == (200, {"status": "ok"})
    assert call(server, "/readyz") == (503, {"error": "Version 1 is being readied"})
    server.models.make_ready()
    assert call(server, "/readyz") == (200, {"status": "ok", "version": "1"})


def test_what_takes_longer_holds_up_nobody(home, monkeypatch):
    application = Application(Models("trips", home, print))
    threads = []
    monkeypatch.setattr(application.api, "answer", lambda *_: threads.append(threading.current_thread()) or {})

    async def send(body):
        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def drop(_):
            return None

        await application({"method": "POST", "path": PREDICT}, receive, drop)

    for pace, body in ((application.pace, b""), (0, b""), (0, b"x" * (SHORT + 1)), (2 * MOMENT, b"")):
        application.pace = pace
        asyncio.run(send(body))
    assert [thread is threading.main_thread() for thread in threads] == [False, True, False, False]
    assert application.pace < 2 * MOMENT  # what was slow may become quick again
