import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from configs.progress import PROGRESS
from configs.schema.beam import Engine
from pipelines.execution import engine_jobs
from pipelines.execution.engine_jobs import Job, end_jobs, flags_of_run, followed, list_jobs, name_job
from pipelines.graph.beam_runner import list_flags
from tests.fakes.job_server import JobServer, job_server

LET_GO = threading.Event()
STARTED = threading.Event()


def wait(row: int) -> int:
    STARTED.set()
    LET_GO.wait(30)
    return row


@pytest.fixture
def served() -> Iterator[tuple[JobServer, Engine]]:
    LET_GO.clear()
    STARTED.clear()
    with job_server() as (server, endpoint):
        yield server, Engine(runner="portable", args={"job_endpoint": endpoint, "environment_type": "LOOPBACK"})
        LET_GO.set()


def hand_over(engine: Engine, name: str) -> "beam.runners.runner.PipelineResult":
    """A job at the engine that goes on until it is let go."""
    flags = [*list_flags(engine), f"--job_name={name}"]
    pipeline = beam.Pipeline(options=PipelineOptions(flags))
    _ = pipeline | beam.Create([1]) | beam.Map(wait)
    result = pipeline.run()
    assert STARTED.wait(20)
    return result


def test_a_job_is_named_by_pipeline_node_and_run_as_dataflow_takes_it():
    assert name_job("taxi_trips", "ExampleGen", "20261127-A_1") == "millrace-taxi-trips-examplegen-20261127-a-1"
    assert flags_of_run(["--runner=PortableRunner", "--job_endpoint=a:1"], "taxi", "Transform", "r") == [
        "--job_name=millrace-taxi-transform-r"
    ]
    assert flags_of_run(["--runner=DataflowRunner"], "taxi", "Transform", "r")[1:] == [
        "--labels=millrace-pipeline=taxi",
        "--labels=millrace-node=transform",
        "--labels=millrace-run=r",
    ]
    assert flags_of_run(list_flags(Engine()), "taxi", "Transform", "r") == []


def test_a_job_whose_client_is_gone_is_found_by_its_name_and_ended(served):
    server, engine = served
    hand_over(engine, name_job("taxi", "Transform", "run-1"))
    [job] = list_jobs(engine.args["job_endpoint"])
    assert (job.name, job.state) == ("millrace-taxi-transform-run-1", "RUNNING")
    assert end_jobs(engine, name_job("taxi", "Evaluator")) == []
    said = end_jobs(engine, name_job("taxi", "Transform"))
    assert said == [f"Job {job.name} at {engine.args['job_endpoint']} was asked to end: CANCELLED"]
    assert server.asked == [("Prepare", job.name), ("Run", job.id), ("Cancel", job.id)]
    assert list_jobs(engine.args["job_endpoint"]) == []
    assert end_jobs(engine, name_job("taxi", "Transform")) == []


def test_a_job_is_followed_with_the_engine_s_own_page(served, monkeypatch, caplog):
    _, engine = served
    monkeypatch.setattr(engine_jobs, "EVERY", 0.05)
    name = name_job("taxi", "Transform", "run-1")
    result = hand_over(engine, name)
    with (
        caplog.at_level(logging.INFO, PROGRESS.name),
        followed(engine.model_copy(update={"console": "http://flink:8081"}), name),
    ):
        deadline = time.monotonic() + 10
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.05)
    assert caplog.messages[0] == "job running on the engine, see http://flink:8081"
    LET_GO.set()
    assert result.wait_until_finish() == "DONE"


def test_elements_are_those_of_the_collection_that_has_had_most(monkeypatch):
    class Stub:
        def GetJobMetrics(self, request, timeout):
            from apache_beam.portability.api import beam_job_api_pb2, metrics_pb2

            told = [metrics_pb2.MonitoringInfo(urn=engine_jobs.ELEMENTS, payload=load) for load in (b"\x07", b"\x90N")]
            return beam_job_api_pb2.GetJobMetricsResponse(metrics={"attempted": told})

    monkeypatch.setattr(engine_jobs, "_server", lambda channel: Stub())
    assert engine_jobs._tell_elements("localhost:1", Job("1", "a", "RUNNING")) == ", 10,000 elements"


def test_a_server_that_is_gone_is_said(monkeypatch):
    monkeypatch.setattr(engine_jobs, "PATIENCE", 0.3)
    nowhere = Engine(runner="portable", args={"job_endpoint": "localhost:1", "environment_type": "LOOPBACK"})
    [said] = end_jobs(nowhere, "millrace-taxi-transform-run-1")
    assert said.startswith("Whether a job of millrace-taxi-transform-run-1 goes on at localhost:1 is not known: ")


@pytest.fixture
def flink() -> Iterator[tuple[str, list[str]]]:
    """Flink's REST as its documentation has it (JobManager, REST API: /jobs/overview, PATCH /jobs/:jobid)."""
    cancelled = list[str]()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            jobs = [
                {"jid": "a1", "name": "millrace-taxi-transform-run-1", "state": "RUNNING"},
                {"jid": "a2", "name": "millrace-taxi-transform-run-0", "state": "FINISHED"},
                {"jid": "a3", "name": "another", "state": "RUNNING"},
            ]
            self.reply(200 if self.path == "/jobs/overview" else 404, {"jobs": jobs})

        def do_PATCH(self) -> None:
            cancelled.append(self.path)
            self.reply(202, {})

        def reply(self, code: int, content: object) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("localhost", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}", cancelled
        server.shutdown()


def test_flink_is_asked_by_its_own_address_as_well(served, flink):
    _, engine = served
    console, cancelled = flink
    said = end_jobs(engine.model_copy(update={"console": console}), name_job("taxi", "Transform"))
    assert said == ["Flink's job millrace-taxi-transform-run-1 was cancelled."]
    assert cancelled == ["/jobs/a1?mode=cancel"]
    [refused] = end_jobs(engine.model_copy(update={"console": f"{console}/elsewhere"}), "millrace-")
    assert refused.startswith(f"Flink at {console}/elsewhere was not asked: 404 Client Error")
