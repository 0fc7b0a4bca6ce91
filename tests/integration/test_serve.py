"""The server as a user starts it, and a client that sends what stands in the data."""

import csv
import json
import math
import shutil
import signal
import socket
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from pipelines.serving.batch_predict import predict_row
from pipelines.serving.disclosure import list_rows
from pipelines.serving.request_log import read_disclosure, read_log

pytestmark = pytest.mark.slow


@pytest.fixture
def address(published):
    """Where the version in service is served by the command line; it ends as it is told to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    running = published.start("serve", "--host", "127.0.0.1", "--port", port, "--log-requests", "1")
    line = running.stdout.readline()
    assert line == f"Version 1 is served at http://127.0.0.1:{port}/v1/models/trips\n", running.stderr.read()
    yield line.split()[-1]
    shutil.rmtree(published.home.requests)
    libraries = Path(f"/proc/{running.pid}/maps").read_text()
    assert "libtensorflow_cc" in libraries and "_pywrap_tensorflow" not in libraries  # its Python takes seconds
    running.send_signal(signal.SIGTERM)
    stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout, stderr) == (0, "", "")


def test_a_client_is_answered_as_a_row_from_the_shell_is(published, address):
    with published.data.open(newline="") as file:
        rows = list(csv.DictReader(file))[:20]
    numbers, texts = ("fare", "trip_miles", "trip_seconds"), ("payment_type", "company")
    instances = [
        {name: float(row[name] or math.nan) for name in numbers} | {name: row[name] for name in texts} for row in rows
    ]
    body = json.dumps({"signature_name": "serving_raw", "instances": instances}).encode()
    with urllib.request.urlopen(f"{address}:predict", body, timeout=60) as answer:
        predictions = json.load(answer)["predictions"]
    assert [each["classes"] for each in predictions] == [["0", "1"]] * 20
    shell = predict_row(published.home, json.dumps(rows[0]))
    assert predictions[0]["scores"] == pytest.approx([shell["score_0"], shell["score_1"]], abs=1e-6)
    assert predictions[0]["prediction"] == predictions[0]["scores"][1:]
    exchange = wait_for(published.home)
    assert exchange.version == 1
    assert exchange.outputs["scores"].tolist() == pytest.approx(np.array([each["scores"] for each in predictions]))
    logged = list_rows(exchange, read_disclosure(published.home, 1))
    assert [row["fare"] for row in logged] == [[float(row["fare"])] for row in rows]
    assert [row["company"] for row in logged] == [[row["company"].encode()] if row["company"] else [] for row in rows]


def wait_for(home):
    """What the log has, once it has been written."""
    for _ in range(200):
        for exchange in read_log(home):
            return exchange
        time.sleep(0.05)
    raise AssertionError("nothing was logged")
