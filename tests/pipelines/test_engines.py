import socket

import pytest

from configs.beam import Engine
from configs.errors import MillraceError
from pipelines.engines import list_flags, require


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
        "--job_endpoint=beam:8099",
        "--environment_type=EXTERNAL",
        "--sdk_worker_parallelism=2",
        "--experiments=a",
        "--experiments=b",
        "--streaming",
    ]


def test_an_engine_that_is_there_is_let_be():
    with socket.create_server(("localhost", 0)) as server:
        require(["--runner=PortableRunner", f"--job_endpoint=localhost:{server.getsockname()[1]}"], "Transform")
    require(["--runner=PortableRunner"], "Transform")


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("localhost:1", "Connection refused"),
        ("no.such.host.invalid:8099", "Name or service not known|Temporary failure in name resolution"),
        ("localhost:port", "Port could not be cast"),
        ("localhost", ""),
    ],
)
def test_an_engine_that_cannot_be_reached_is_named(endpoint, why):
    with pytest.raises(MillraceError, match=rf"The Beam engine at {endpoint} cannot be reached \(.*({why})") as caught:
        require([f"--job_endpoint={endpoint}"], "Transform")
    assert (caught.value.where, caught.value.exit_code) == ("Transform", 1)
    assert "beam section" in caught.value.remedy
