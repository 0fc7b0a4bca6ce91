"""What clients do on purpose or by a bad line, to a server in a process of its own."""

import json
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPResponse
from types import SimpleNamespace

import psutil
import pytest

from components.registry.model_registry import Record
from configs.home import Home
from configs.repository import ROOT
from pipelines.serving import connection
from pipelines.serving.server import allow_connections
from tests.fakes.models import publish

SERVE = """
import sys
from pathlib import Path
from configs.home import Home
from pipelines.serving import server
from pipelines.serving.model_manager import Models
[listening] = server.bind("127.0.0.1", 0)
models = Models("trips", Home(Path(sys.argv[1])), print)
server.listen([listening])
print(listening.getsockname()[1], flush=True)
server.serve(models, [listening], max_body=8_000_000)
"""
BODY = json.dumps({"instances": [{"b64": ""}]}).encode()
HEAD = b"POST /v1/models/trips:predict HTTP/1.1\r\nHost: x\r\n"
REQUEST = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
ANSWER = {"predictions": [[1.0]]}


def start(home):
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(home.root)], cwd=ROOT, stdout=subprocess.PIPE)
    return SimpleNamespace(process=process, address=("127.0.0.1", int(process.stdout.readline())))


@pytest.fixture(scope="module")
def running(tmp_path_factory, models_of):
    home = Home(tmp_path_factory.mktemp("workspace") / "trips")
    publish(home, models_of[1], {}, Record("run-1"))
    started = start(home)
    yield started
    started.process.terminate()
    assert started.process.wait(timeout=30) == 0


def connect(running):
    return socket.create_connection(running.address, timeout=10)


def read(client):
    answer = HTTPResponse(client)
    answer.begin()
    return answer.status, json.loads(answer.read())


def ask(client, request=REQUEST):
    client.sendall(request)
    return read(client)


def is_closed(client):
    return client.recv(1) == b""


@pytest.mark.slow
def test_nobody_waits_for_a_thousand_that_are_idle(running):
    allow_connections()
    unfinished = (b"", HEAD, HEAD + b"Content-Length: 100\r\n\r\n{")  # no head, half a head, half a body
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(running)) for _ in range(1000)]
        for place, client in enumerate(idle):
            if place < 700:
                assert ask(client) == (200, ANSWER)
            else:
                client.sendall(unfinished[place % 3])

        def keep_asking(_):
            with connect(running) as client:
                waited = []
                for _ in range(10):
                    began = time.monotonic()
                    assert ask(client) == (200, ANSWER)
                    waited.append(time.monotonic() - began)
                return max(waited)

        with ThreadPoolExecutor(64) as pool:
            assert max(pool.map(keep_asking, range(64))) < 5
        assert ask(idle[0]) == (200, ANSWER)


def test_more_connections_than_files_are_borne(running):
    before = resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (60, before[1]))
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(running)) for _ in range(100)]
        assert ask(clients[0]) == (200, ANSWER)
    with connect(running) as client:
        assert ask(client) == (200, ANSWER)
    resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, before)


def test_a_body_that_is_announced_as_too_long_is_refused_before_it_is_read(running):
    with connect(running) as client:
        status, answer = ask(client, HEAD + b"Content-Length: 200000000\r\n\r\n" + b"x" * 1000)
        assert status == 413
        assert "exceeds the 8,000,000 bytes" in answer["error"]
        assert is_closed(client)


def test_what_is_sent_all_the_same_is_dropped(running):
    before = psutil.Process(running.process.pid).memory_info().rss
    with connect(running) as client:
        client.sendall(HEAD + b"Content-Length: 200000000\r\n\r\n")
        for _ in range(50):
            client.sendall(b"x" * 1_000_000)
        assert read(client)[0] == 413
    assert psutil.Process(running.process.pid).memory_info().rss - before < 20_000_000


def test_a_body_that_grows_too_long_is_refused(running):
    with connect(running) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(9):
            client.sendall(b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n")
        assert read(client)[0] == 413
        assert is_closed(client)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000, 431),
        (b"GET /" + b"x" * 600_000, 431),
        (b"\x16\x03\x01 no HTTP\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused(running, request_, status):
    with connect(running) as client:
        found, answer = ask(client, request_)
        assert (found, answer.keys()) == (status, {"error"})
        assert is_closed(client)


def test_requests_that_follow_one_another_at_once_are_answered_in_order(running):
    with connect(running) as client:
        client.sendall(REQUEST + b"GET /v1/models/other HTTP/1.1\r\nHost: x\r\n\r\n" + REQUEST)
        found = b""
        while found.count(b"}\n") < 3:
            found += client.recv(10_000)
    assert re.findall(rb"HTTP/1.1 (\d+)", found) == [b"200", b"404", b"200"]


def test_many_requests_at_once_are_no_long_head(running):
    request = b"GET /healthz HTTP/1.1\r\n\r\n"
    with connect(running) as client:
        client.sendall(request * 5000 + request[:10])
        client.sendall(request[10:])
        found = b""
        while found.count(b'"ok"') < 5001:
            found += client.recv(1_000_000)
    assert found.count(b"200 OK") == 5001


def test_who_waits_to_be_told_to_go_on_is_told_so_or_refused(running):
    with connect(running) as client:
        client.sendall(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(BODY))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert ask(client, BODY) == (200, ANSWER)
        assert ask(client, HEAD + b"Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n")[0] == 413


@pytest.mark.parametrize(
    ("limit", "sent"),
    [("IDLE", b""), ("HEAD", HEAD), ("BODY", HEAD + b"Content-Length: 100\r\n\r\n{")],
    ids=["idle", "head", "body"],
)
def test_who_is_late_is_left(limit, sent, monkeypatch, server):
    monkeypatch.setattr(connection, limit, 0.1)
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(sent)
        assert is_closed(client)


def test_who_does_not_read_is_left(monkeypatch, server):
    monkeypatch.setattr(connection, "IDLE", 0.5)
    left, end = threading.Event(), connection.Connection.connection_lost
    monkeypatch.setattr(connection.Connection, "connection_lost", lambda *given: (end(*given), left.set()))
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=5) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n" * 4000)
        assert left.wait(60)


@pytest.mark.slow
def test_a_request_at_work_is_answered_when_the_server_is_told_to_end(home):
    started = start(home)
    with connect(started) as idle, connect(started) as client:
        assert ask(idle) == (200, ANSWER)
        client.sendall(REQUEST[:-5])
        time.sleep(0.2)
        started.process.send_signal(signal.SIGTERM)
        assert is_closed(idle)
        assert ask(client, REQUEST[-5:]) == (200, ANSWER)
    assert started.process.wait(timeout=5) == 0
    with pytest.raises(ConnectionRefusedError):
        connect(started)


@pytest.mark.slow
def test_no_request_is_lost_when_the_server_is_told_to_end_under_load(home):
    started = start(home)

    def keep_asking(_):
        """Asks on one connection until the server says that it was the last answer; returns how often."""
        with connect(started) as client:
            asked, last = 0, False
            while not last:
                client.sendall(REQUEST)
                answer = HTTPResponse(client)
                answer.begin()
                assert (answer.status, json.loads(answer.read())) == (200, ANSWER)
                asked, last = asked + 1, answer.getheader("Connection") == "close"
            return asked

    with ThreadPoolExecutor(32) as pool:
        counts = [pool.submit(keep_asking, number) for number in range(32)]
        time.sleep(1)
        started.process.send_signal(signal.SIGTERM)
        assert min(count.result(timeout=30) for count in counts) > 1
    assert started.process.wait(timeout=5) == 0
