"""The pool beside Beam's own job server, which asks it for workers as any engine does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_fn_api_pb2 as api
from apache_beam.portability.api import endpoints_pb2

from configs.errors import MillraceError
from configs.schema.beam import Engine
from pipelines.execution.worker_pool import WorkerPool, start
from pipelines.graph import fingerprint
from pipelines.graph.beam_runner import list_flags
from tests.fakes.job_server import job_server
from tests.fakes.short_workers import complain, die, introduce
from tests.pipelines.conftest import free_port
from tests.sandbox import ROOT


@pytest.fixture
def engine() -> Iterator[tuple[WorkerPool, Engine]]:
    """A pool, and an engine that has its workers there."""
    pool = WorkerPool()
    server, port = start(pool, 0)
    with job_server() as (_, endpoint):
        args = {"environment_type": "EXTERNAL", "environment_config": f"localhost:{port}", "job_endpoint": endpoint}
        yield pool, Engine(runner="portable", args=args)
    server.stop(0)
    pool.end()


def run(engine: Engine, into: str, seconds: float) -> str:
    """A job whose worker writes down its own process, and is at work so long."""

    def tell(row: int) -> str:
        time.sleep(seconds)
        return f"{os.getpid()} {row}"

    pipeline = beam.Pipeline(options=PipelineOptions([*list_flags(engine), "--pickle_library=cloudpickle"]))
    _ = pipeline | beam.Create([7]) | beam.Map(tell) | beam.io.WriteToText(into, num_shards=1, shard_name_template="")
    return str(pipeline.run().wait_until_finish())


def wait_until_empty(pool: WorkerPool) -> None:
    deadline = time.monotonic() + 20
    while pool.workers and time.monotonic() < deadline:
        time.sleep(0.1)
    assert pool.workers == set()


@pytest.mark.slow
def test_two_jobs_at_once_have_workers_of_their_own_which_end_with_them(engine, tmp_path):
    pool, there = engine
    other = threading.Thread(target=run, args=(there, str(tmp_path / "long"), 20.0))
    other.start()
    deadline = time.monotonic() + 30
    while not pool.workers and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run(there, str(tmp_path / "short"), 0.0) == "DONE"
    assert other.is_alive()
    other.join(60)
    (long, seven), (short, seven_too) = ((tmp_path / name).read_text().split() for name in ("long", "short"))
    assert (seven, seven_too) == ("7", "7")
    assert len({long, short, str(os.getpid())}) == 3
    wait_until_empty(pool)


@pytest.mark.parametrize(("work", "why"), [(die, "its process ended with code 3"), (complain, "it has no Millrace")])
def test_a_worker_that_cannot_start_says_why(work, why):
    pool = WorkerPool(work)
    assert ask(pool) == f"Worker 1-1 could not start: {why}"
    wait_until_empty(pool)


def ask(pool: WorkerPool) -> str:
    control = endpoints_pb2.ApiServiceDescriptor(url="localhost:1")
    return pool.StartWorker(api.StartWorkerRequest(worker_id="1-1", control_endpoint=control)).error


@pytest.mark.slow
def test_a_warm_pool_loads_what_nodes_reach_once_and_no_worker_has_code_that_was_changed_since(monkeypatch):
    pool = WorkerPool(introduce)
    pool.warm()
    (first, parent, loaded), (second, same, loaded_too) = (ask(pool).split()[-3:] for _ in range(2))
    assert first != second
    assert parent == same != str(os.getpid())
    assert (loaded, loaded_too) == ("True", "True")
    monkeypatch.setattr(fingerprint, "of_repository", cache(lambda: "changed"))
    assert ask(pool).split()[-2:] == [str(os.getpid()), "False"]
    wait_until_empty(pool)


def test_a_port_that_is_taken_is_named(engine):
    _, there = engine
    taken = int(there.args["environment_config"].rpartition(":")[2])
    with pytest.raises(MillraceError, match=f"Port {taken} is not to be had"):
        start(WorkerPool(), taken)


@pytest.mark.slow
def test_the_command_serves_until_it_is_told_to_end():
    port = free_port()
    command = [sys.executable, "-m", "pipelines", "worker-pool", "--port", str(port)]
    pool = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert pool.stdout is not None
    assert pool.stdout.readline() == f"Engines have workers at port {port} of this machine.\n"
    pool.send_signal(signal.SIGTERM)
    rest, _ = pool.communicate(timeout=60)
    assert (rest, pool.returncode) == ("The pool has ended, and its workers with it.\n", 0)
