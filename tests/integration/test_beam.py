"""The nodes that go over the data, handed to a Beam engine: a job server and a worker pool of their own processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from ruamel.yaml import YAML

from components.examples.batches import ROWS
from components.patches.tfx_io import Read, ReadBatches
from configs.schema.beam import Engine
from pipelines.graph.beam_runner import list_flags
from tests.fakes.job_server import job_server
from tests.pipelines.conftest import free_port
from tests.prism import wait_for
from tests.sandbox import PATIENCE, ROOT, Answer, Sandbox

# The `beam` section of an engine that is there, as YAML, in place of Beam's job server and a pool of ours: of Flink,
# Spark or Prism, whose workers see this machine's folders.
ELSEWHERE = os.environ.get("MILLRACE_BEAM")
SERVER = "apache_beam.runners.portability.local_job_service_main"
POOL = "pipelines"
NODES = ("ExampleGen", "StatisticsGen", "Transform", "Evaluator")


@dataclass(frozen=True)
class Cluster:
    """Where the job server and the worker pool listen, and where they say what they do."""

    folder: Path
    server: int
    pool: int

    @property
    def engine(self) -> Engine:
        if ELSEWHERE:
            return Engine.model_validate(YAML(typ="safe").load(ELSEWHERE))
        args = {
            "job_endpoint": f"localhost:{self.server}",
            "environment_type": "EXTERNAL",
            "environment_config": f"localhost:{self.pool}",
        }
        return Engine(runner="portable", args=args)

    @property
    def pool_log(self) -> Path:
        return self.folder / f"{POOL}.log"

    def start(self, module: str, *arguments: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", module, *map(str, arguments)]
        with (self.folder / f"{module}.log").open("wb") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("engine"), free_port(), free_port())
    if ELSEWHERE:
        yield made
        return
    processes = [
        made.start(SERVER, "--port", made.server, "--staging_dir", made.folder / "staging"),
        made.start(POOL, "worker-pool", "--port", made.pool),
    ]
    try:
        for port in (made.server, made.pool):
            wait_for(port)
        yield made
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def details(answer: Answer, node: str) -> dict[str, Any]:
    return next(record["details"] for record in answer.record["nodes"] if record["node"] == node)


def outputs(answer: Answer, node: str, key: str) -> Path:
    [folder] = next(record["outputs"][key] for record in answer.record["nodes"] if record["node"] == node)
    return Path(folder)


def vocabularies(answer: Answer) -> dict[str, str]:
    assets = outputs(answer, "Transform", "transform_graph") / "transform_fn" / "assets"
    return {asset.name: asset.read_text() for asset in assets.iterdir()}


def rounded(value: Any) -> Any:
    """The same plain data with its numbers cut where the order of a sum shows."""
    return json.loads(json.dumps(value), parse_float=lambda text: float(f"{float(text):.9g}"))


@pytest.fixture(scope="module")
def there(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What a run says whose data the engine goes over."""
    place = Sandbox(tmp_path_factory.mktemp("there")).furnish()
    beam = cluster.engine.model_dump_json(exclude_unset=True)
    answer = place.run("--until", "Evaluator", "--set", f"beam={beam}")
    assert answer.code == 0, answer.stdout + answer.stderr
    return answer


@pytest.mark.cluster
def test_an_engine_gives_what_this_machine_gives(first_run, there, cluster):
    _, here = first_run
    assert ELSEWHERE or cluster.pool_log.read_text().count("Starting worker") >= len(NODES)
    assert {node["node"] for node in there.record["nodes"] if node["engine"]} == set(NODES)
    assert details(there, "ExampleGen") == details(here, "ExampleGen")
    assert rounded(details(there, "StatisticsGen")) == rounded(details(here, "StatisticsGen"))
    assert len(vocabularies(there)) == 2
    assert vocabularies(there) == vocabularies(here)
    assert details(there, "Evaluator")["overall"] == pytest.approx(details(here, "Evaluator")["overall"], abs=1e-6)


@pytest.mark.cluster
def test_workers_read_large_batches(there, cluster, tmp_path):
    files = sorted(map(str, outputs(there, "ExampleGen", "examples").glob("Split-train/*")))
    flags = list_flags(cluster.engine)
    with beam.Pipeline(options=PipelineOptions(flags)) as pipeline:
        batches = pipeline | Read(files, ReadBatches(ROWS, None, None))
        _ = batches | beam.Map(lambda batch: batch.num_rows) | beam.io.WriteToText(str(tmp_path / "rows"))
    assert "".join(path.read_text() for path in tmp_path.glob("rows*")).split() == ["1631"]


@pytest.mark.slow
def test_an_engine_that_is_not_there_is_named_at_once(fresh):
    nowhere = f"localhost:{free_port()}"
    engine = {"runner": "portable", "args": {"job_endpoint": nowhere, "environment_type": "LOOPBACK"}}
    answer = fresh.run("--until", "ExampleGen", "--set", f"beam={json.dumps(engine)}")
    assert answer.code == 1
    assert f"No Beam engine answers at {nowhere} within 10 seconds." in answer.stdout + answer.stderr


@pytest.mark.full
def test_a_node_whose_engine_takes_too_long_ends_with_its_job(fresh):
    with job_server(holds=True) as (server, endpoint):
        engine = {"runner": "portable", "args": {"job_endpoint": endpoint, "environment_type": "LOOPBACK"}}
        asked = ("--set", f"beam={json.dumps(engine)}", "--set", "resources.ExampleGen.timeout=60")
        answer = fresh.run("--until", "ExampleGen", *asked)
    assert answer.code == 1
    assert answer.record["error"]["what"].startswith("ExampleGen took longer than its 60 s (resources.ExampleGen")
    assert "job running on the engine" in answer.record["error"]["what"]
    assert server.asked[-1] == ("Cancel", server.asked[-2][1])


@pytest.mark.slow
def test_a_run_that_is_stopped_ends_its_job_and_the_next_one_what_a_lost_one_left(fresh):
    with job_server(holds=True) as (server, endpoint):
        engine = {"runner": "portable", "args": {"job_endpoint": endpoint, "environment_type": "LOOPBACK"}}
        asked = ("--until", "ExampleGen", "--set", f"beam={json.dumps(engine)}")
        for ending in (signal.SIGKILL, signal.SIGTERM):
            begun = len(server.asked)
            running = fresh.start("run", *asked)
            deadline = time.monotonic() + PATIENCE
            while not any(verb == "Run" for verb, _ in server.asked[begun:]):
                assert running.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
            running.send_signal(ending)
            running.communicate(timeout=60)
    (_, first), (_, killed), *rest = server.asked
    [run] = [path.parent.name for path in fresh.home.runs.glob("*/run.json")]
    assert first.startswith("millrace-trips-examplegen-")
    assert rest[:2] == [("Cancel", killed), ("Prepare", f"millrace-trips-examplegen-{run}")]
    assert rest[2:] == [("Run", rest[2][1]), ("Cancel", rest[2][1])]
    assert (
        f"Job millrace-trips-examplegen-{run} at {endpoint} was asked to end: CANCELLED"
        in (fresh.home.run(run) / "log.txt").read_text()
    )
