import socket
from concurrent import futures

import grpc
import pytest

from configs.errors import MillraceError
from configs.schema.beam import Engine
from pipelines.graph import beam_runner
from pipelines.graph.beam_runner import list_flags, watch_endpoint


def test_the_direct_runner_is_the_one_that_needs_no_network():
    assert list_flags(Engine()) == [
        "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
        "--sdk_container_image=none",
    ]


def test_options_are_spelled_as_beam_reads_them():
    args = {"job_endpoint": "beam:8099", "environment_type": "EXTERNAL", "sdk_worker_parallelism": 2}
    more = {"experiments": ("a", "b"), "streaming": True, "save_main_session": False, "sdk_container_image": "ours:1"}
    assert list_flags(Engine(runner="flink", args={**args, **more})) == [
        "--runner=FlinkRunner",
        "--sdk_container_image=ours:1",
        "--job_server_timeout=604800",
        "--job_endpoint=beam:8099",
        "--environment_type=EXTERNAL",
        "--sdk_worker_parallelism=2",
        "--experiments=a",
        "--experiments=b",
        "--streaming",
    ]


def test_an_engine_that_is_there_is_let_be(server):
    done = []
    with watch_endpoint(["--runner=PortableRunner", f"--job_endpoint={server}"], "Transform"):
        done.append("with an engine")
    with watch_endpoint(["--runner=PortableRunner"], "Transform"):
        done.append("without")
    assert done == ["with an engine", "without"]


def test_an_engine_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr(beam_runner, "PATIENCE", 0.2)
    with socket.create_server(("localhost", 0)) as mute:  # takes a connection, and says nothing
        endpoint = f"localhost:{mute.getsockname()[1]}"
        with pytest.raises(MillraceError, match=f"No Beam engine answers at {endpoint}") as caught:
            enter(endpoint)
    assert (caught.value.where, caught.value.exit_code) == ("Transform", 1)
    assert "beam section" in caught.value.remedy


def enter(endpoint, error=None):
    with watch_endpoint([f"--job_endpoint={endpoint}"], "Transform"):
        raise error or AssertionError("the work was begun")


def test_an_engine_that_breaks_off_is_named_with_its_reason(server):
    with grpc.insecure_channel(server) as channel:
        call = channel.unary_unary("/no.Such/Method", lambda _: b"", bytes)
        with pytest.raises(grpc.RpcError) as broken:
            call(None)
    with pytest.raises(MillraceError, match=f"The Beam engine at {server} broke off: Method not found!"):
        enter(server, broken.value)
    with pytest.raises(ValueError, match="a row"):
        enter(server, ValueError("a row"))


@pytest.fixture
def server():
    """Where a gRPC server listens that knows no method."""
    made = grpc.server(futures.ThreadPoolExecutor(1))
    port = made.add_insecure_port("localhost:0")
    made.start()
    yield f"localhost:{port}"
    made.stop(None)
