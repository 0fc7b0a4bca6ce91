"""Pipelines on Prism, an engine that nobody here wrote, with pools of workers as a user starts them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from configs.repository import ROOT
from pipelines.execution.engine_jobs import list_jobs
from tests.integration.test_beam import NODES, details, rounded, vocabularies
from tests.pipelines.conftest import free_port
from tests.prism import ABSENT, LOCKED, find_prism, prism, wait_for
from tests.sandbox import PATIENCE, Answer, Sandbox

OTHER = f"Prism {LOCKED} speaks to the current stack's Beam, and this one is {version('apache-beam')}"
pytestmark = [pytest.mark.full, pytest.mark.skipif(version("apache-beam") != LOCKED, reason=OTHER)]


@dataclass(frozen=True)
class Pool:
    """A pool of workers: where it listens, its process, and what it says."""

    port: int
    process: psutil.Process
    log: Path

    @property
    def started(self) -> int:
        """How many workers it has started."""
        return self.log.read_text().count("Starting worker")

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes of those that live and speak to their engine: each leads a session of its own."""
        leaders = [each for each in self.process.children(recursive=True) if os.getsid(each.pid) == each.pid]
        return [each for each in leaders if any(link.raddr for link in each.net_connections("tcp"))]


@dataclass(frozen=True)
class Engine:
    """Prism, and two pools."""

    endpoint: str
    pools: tuple[Pool, Pool]

    def section(self, pool: Pool) -> dict[str, Any]:
        """The `beam` section of a config whose workers are of a pool."""
        args = {
            "job_endpoint": self.endpoint,
            "environment_type": "EXTERNAL",
            "environment_config": f"localhost:{pool.port}",
        }
        return {"runner": "portable", "args": args}

    def ask(self, pool: Pool, **nodes: Pool) -> tuple[str, str]:
        """The option that hands nodes to Prism, those that are named with another pool."""
        section = self.section(pool) | {"nodes": {node: self.section(other) for node, other in nodes.items()}}
        return "--set", f"beam={json.dumps(section)}"


@contextmanager
def worker_pool(log: Path) -> Iterator[Pool]:
    port = free_port()
    with log.open("wb") as said:
        command = [sys.executable, "-m", "pipelines", "worker-pool", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
    try:
        wait_for(port)
        yield Pool(port, psutil.Process(process.pid), log)
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if not find_prism():
        pytest.skip(ABSENT)
    folder = tmp_path_factory.mktemp("prism")
    with ExitStack() as stack:
        endpoint = stack.enter_context(prism(folder))
        yield Engine(endpoint, tuple(stack.enter_context(worker_pool(folder / f"{name}.log")) for name in "ab"))


def wait_until(condition: Callable[[], Any], running: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_pools_give_what_this_machine_gives(engine, first_run, tmp_path):
    _, here = first_run
    one, two = engine.pools
    before = (one.started, two.started)
    there = Sandbox(tmp_path).furnish().run("--until", "Evaluator", *engine.ask(one, StatisticsGen=two, Evaluator=two))
    assert there.code == 0, there.stdout + there.stderr
    assert (one.started - before[0], two.started - before[1]) == (
        3,
        2,
    )  # Transform learns in one job, writes in another
    assert {node["node"] for node in there.record["nodes"] if node["engine"]} == set(NODES)
    assert details(there, "ExampleGen") == details(here, "ExampleGen")
    assert rounded(details(there, "StatisticsGen")) == rounded(details(here, "StatisticsGen"))
    assert vocabularies(there) == vocabularies(here)
    assert details(there, "Evaluator")["overall"] == pytest.approx(details(here, "Evaluator")["overall"], abs=1e-6)


def run_taxi(folder: Path, *options: str) -> Answer:
    folder.mkdir()
    place = Sandbox(folder)
    shutil.copy(ROOT / "configs" / "taxi.yaml", place.config)
    answer = place.run("--set", f"storage.root={folder / 'workspace'}", *options)
    assert answer.code == 0, answer.stdout + answer.stderr
    return answer


def test_the_taxi_pipeline_is_judged_as_on_this_machine(engine, tmp_path):
    here = run_taxi(tmp_path / "here")
    there = run_taxi(tmp_path / "there", *engine.ask(engine.pools[0]))
    assert {node["node"] for node in there.record["nodes"] if node["engine"]} == set(NODES)
    ours, theirs = (details(answer, "Evaluator")["overall"] for answer in (here, there))
    assert theirs["auc"] > 0.94
    assert theirs == ours


@pytest.fixture
def large(fresh: Sandbox) -> Sandbox:
    """The pipeline with so many rows that a worker is at them for some seconds."""
    header, *rows = fresh.data.read_text().splitlines(keepends=True)
    fresh.data.write_text(header + "".join(rows) * 100)
    return fresh


def begin(place: Sandbox, engine: Engine) -> "subprocess.Popen[str]":
    """Starts a run, whose worker writes examples by now."""
    running = place.start("run", "--until", "ExampleGen", *engine.ask(engine.pools[0]))
    wait_until(lambda: any(path.is_file() for path in place.home.artifacts.rglob("Split-*/*")), running)
    return running


def test_a_node_whose_worker_is_killed_is_tried_again(engine, large):
    pool, began = engine.pools[0], engine.pools[0].started
    running = begin(large, engine)
    [worker] = pool.workers
    worker.kill()
    stdout, stderr = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, stdout + stderr
    assert "ExampleGen    is tried once more: The job at " in stdout
    assert pool.started == began + 2
    assert "200,000 rows" in stdout


def test_a_run_that_is_stopped_ends_its_job_and_the_worker_with_it(engine, large):
    pool, running = engine.pools[0], begin(large, engine)
    [job], [worker] = list_jobs(engine.endpoint), pool.workers
    worker.suspend()  # or it might be done before it is stopped
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    worker.resume()
    [run] = [path.parent.name for path in large.home.runs.glob("*/run.json")]
    assert job.name == f"millrace-trips-examplegen-{run}"
    assert (
        f"Job {job.name} at {engine.endpoint} was asked to end: CANCEL" in (large.home.run(run) / "log.txt").read_text()
    )
    deadline = time.monotonic() + 30
    while (pool.workers or list_jobs(engine.endpoint)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (pool.workers, list_jobs(engine.endpoint)) == ([], [])
