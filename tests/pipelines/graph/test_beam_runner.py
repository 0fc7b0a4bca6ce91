import socket
from concurrent import futures

import grpc
import pytest

from configs.errors import MillraceError
from configs.schema.beam import Engine
from pipelines.graph import beam_runner
from pipelines.graph.beam_runner import find_cause, list_flags, name_engine, watch_endpoint

ARGS = {"job_endpoint": "beam:8099", "environment_type": "EXTERNAL", "sdk_worker_parallelism": 2}


def test_the_direct_runner_is_the_one_that_needs_no_network():
    assert list_flags(Engine()) == [
        "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
        "--sdk_container_image=none",
    ]


def test_options_are_spelled_as_beam_reads_them():
    more = {"experiments": ("a", "b"), "streaming": True, "save_main_session": False, "sdk_container_image": "ours:1"}
    assert list_flags(Engine(runner="flink", args={**ARGS, **more})) == [
        "--runner=FlinkRunner",
        "--sdk_container_image=ours:1",
        "--job_server_timeout=604800",
        "--execution_mode_for_batch=BATCH_FORCED",
        "--job_endpoint=beam:8099",
        "--environment_type=EXTERNAL",
        "--sdk_worker_parallelism=2",
        "--experiments=a",
        "--experiments=b",
        "--streaming",
    ]


def test_the_image_of_containers_stands_where_beam_reads_it():
    args = {"job_endpoint": "beam:8099", "environment_type": "DOCKER", "sdk_container_image": "ours:1"}
    assert "--environment_config=ours:1" in list_flags(Engine(runner="flink", args=args))
    assert not any("environment_config" in flag for flag in list_flags(Engine(runner="flink", args=ARGS)))


def test_an_engine_has_its_name_in_the_config_and_this_machine_none():
    assert name_engine(["--job_endpoint=a:1", "--runner=FlinkRunner"]) == "flink"
    assert name_engine(list_flags(Engine())) is name_engine([]) is None


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
    with pytest.raises(MillraceError, match=f"The Beam engine at {server} broke off: Method not found!") as told:
        enter(server, broken.value)
    assert told.value.details == {beam_runner.BROKE: True}
    with pytest.raises(ValueError, match="a row"):
        enter(server, ValueError("a row"))


PYTHON = """RuntimeException: Error received from SDK harness for instruction 4: Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/apache_beam/runners/worker/sdk_worker.py", line 313, in _execute
    response = task()
{error} [while running 'Cells/Map']

\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient$Observer.onNext(FnApiControlClient.java:180)
Caused by: java.lang.Exception: nothing new
\t... 12 more"""
JAVA = """org.apache.flink.runtime.client.JobExecutionException: Job execution failed.
\tat org.apache.flink.runtime.jobmaster.JobResult.toJobExecutionResult(JobResult.java:144)
Caused by: org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy
\tat org.apache.flink.runtime.failover.ExecutionFailureHandler.handleFailure(ExecutionFailureHandler.java:180)
Caused by: java.io.IOException: Insufficient number of network buffers: required 512, but only 167 available.
\tat org.apache.flink.runtime.io.network.buffer.NetworkBufferPool.internalCreateBufferPool(NetworkBufferPool.java:495)
\t... 4 more"""


@pytest.mark.parametrize(
    ("trace", "cause", "remedy"),
    [
        (
            PYTHON.format(error="ModuleNotFoundError: No module named 'components'"),
            "ModuleNotFoundError: No module named 'components'",
            "Its workers lack Millrace",
        ),
        (PYTHON.format(error="ValueError: line 3"), "ValueError: line 3", "The run's log.txt"),
        (
            PYTHON.format(error="OSError: [Errno 28] No space left on device: '/tmp/x'"),
            "OSError: [Errno 28] No space left on device: '/tmp/x'",
            "The disk of the engine is full",
        ),
        (
            JAVA,
            "java.io.IOException: Insufficient number of network buffers: required 512, but only 167 available.",
            "Give Flink's task managers more",
        ),
        ("bad luck", "bad luck", "The run's log.txt"),
    ],
)
def test_a_job_that_failed_is_told_by_the_cause_in_its_trace(server, trace, cause, remedy):
    failure = RuntimeError(f"Pipeline job-7 failed in state FAILED: {trace}")
    assert find_cause(str(failure)) == cause
    with pytest.raises(MillraceError) as told:
        enter(server, failure)
    assert told.value.what == f"The job at {server} failed: {cause}"
    assert told.value.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("failure", "broken"),
    [
        ("CANCELLED", True),
        ("CANCELLED: by hand", True),
        ("FAILED: CompletionException: io.grpc.StatusRuntimeException: CANCELLED: client cancelled", True),
        ("FAILED: bundle inst002 stage-002 failed:SDK worker disconnected: worker[job-001[job]_env], 1 active", True),
        ("FAILED: The TaskManager with id 10.0.0.3:6122-5 is no longer reachable.", True),
        (f"FAILED: {PYTHON.format(error='ValueError: line 3')}", False),
        (f"FAILED: {JAVA}", False),
    ],
)
def test_a_job_whose_engine_broke_may_be_tried_again(server, failure, broken):
    with pytest.raises(MillraceError) as told:
        enter(server, RuntimeError(f"Pipeline job-7 failed in state {failure}"))
    assert told.value.details.get(beam_runner.BROKE, False) == broken


def test_an_error_of_ours_is_none_of_the_engine(server):
    assert find_cause("a row has no label") is None
    assert find_cause("Pipeline job-7 failed in state CANCELLED") == "the engine does not say why; its own log may"
    with pytest.raises(RuntimeError, match="a row has no label"):
        enter(server, RuntimeError("a row has no label"))


@pytest.fixture
def server():
    """Where a gRPC server listens that knows no method."""
    made = grpc.server(futures.ThreadPoolExecutor(1))
    port = made.add_insecure_port("localhost:0")
    made.start()
    yield f"localhost:{port}"
    made.stop(None)
