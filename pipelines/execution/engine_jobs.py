"""The jobs that nodes hand to a Beam engine: named, followed, and ended with the run that they belong to.

A job is found by its name, not by the number that its client was told: the client may be gone. Beam's job API has the
name in the options of the job, whatever the server calls it (Python's client calls every one "job").
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import requests

from configs.nodes import NODES
from configs.progress import PROGRESS
from configs.quantities import count
from configs.schema.beam import Engine
from configs.schema.config import Config
from pipelines.graph.beam_runner import find_endpoint, list_flags

NAME = "beam:option:job_name:v1"
PATIENCE = 10.0  # seconds, for one answer of a server
EVERY = 3.0  # seconds between two looks at a job
GOING = ("STOPPED", "STARTING", "RUNNING", "DRAINING", "CANCELLING", "UPDATING")
ELEMENTS = "beam:metric:element_count:v1"


@dataclass(frozen=True)
class Job:
    """A job of an engine: its number there, its name, and its state as Beam has it, like RUNNING."""

    id: str
    name: str
    state: str


def name_job(pipeline: str, node: str, run: str = "") -> str:
    """Returns the name of the job of a node in a run, and without a run how those of all its runs begin.

    It is one that Dataflow takes as well: lower case, digits and dashes.
    """
    return f"millrace-{pipeline}-{node}-{run}".lower().replace("_", "-")


def flags_of_run(flags: Sequence[str], pipeline: str, node: str, run: str) -> list[str]:
    """Returns the flags that name the job of a node in a run, where it has an engine; Dataflow has labels as well."""
    if "--runner=DataflowRunner" in flags:
        labels = {"millrace-pipeline": pipeline, "millrace-node": node.lower(), "millrace-run": run.lower()}
        told = [f"--labels={name}={value}" for name, value in labels.items()]
    elif find_endpoint(flags):
        told = []
    else:
        return []
    return [f"--job_name={name_job(pipeline, node, run)}", *told]


def list_jobs(endpoint: str) -> list[Job]:
    """Returns the jobs of a job server that have not ended; raises grpc.RpcError where it does not answer."""
    from apache_beam.portability.api import beam_job_api_pb2 as api

    with grpc.insecure_channel(endpoint) as channel:
        found = _server(channel).GetJobs(api.GetJobsRequest(), timeout=PATIENCE).job_info
    jobs = (Job(each.job_id, _read_name(each), api.JobState.Enum.Name(each.state)) for each in found)
    return [job for job in jobs if job.state in GOING]


def end_jobs(engine: Engine, name: str) -> list[str]:
    """Has an engine end its jobs whose names begin so; returns a line on each, and on what does not answer.

    Flink is asked by its own REST as well, where `beam.console` names it: it has been seen to go on after Beam's
    Cancel was answered.
    """
    endpoint = find_endpoint(list_flags(engine))
    if endpoint is None:
        return []
    try:
        said = [_cancel(endpoint, job) for job in list_jobs(endpoint) if job.name.startswith(name)]
    except grpc.RpcError as error:
        why = error.details() if isinstance(error, grpc.Call) else error
        return [f"Whether a job of {name} goes on at {endpoint} is not known: {why}"]
    return said + (_cancel_in_flink(engine.console, name) if engine.console else [])


def end_jobs_of(config: Config, nodes: Sequence[str], run: str) -> list[str]:
    """Ends what nodes of a run have handed to their engines, and returns what the engines said."""
    return [
        line
        for node in nodes
        if NODES[node].on_beam
        for line in end_jobs(config.beam.engine(node), name_job(config.name, node, run))
    ]


@contextmanager
def followed(engine: Engine, name: str) -> Iterator[None]:
    """Tells how far the job of this name is, now and then, while the block lasts."""
    endpoint, ended = find_endpoint(list_flags(engine)), threading.Event()
    if endpoint is None:
        yield
        return
    thread = threading.Thread(target=_follow, args=(endpoint, name, engine.console, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _follow(endpoint: str, name: str, console: str | None, ended: threading.Event) -> None:
    place = f", see {console}" if console else ""
    while not ended.wait(EVERY):
        try:
            for job in list_jobs(endpoint):
                if job.name == name:
                    PROGRESS.info("job %s on the engine%s%s", job.state.lower(), _tell_elements(endpoint, job), place)
        except grpc.RpcError as error:
            logging.info("%s does not say how its job is: %s", endpoint, error)


def _tell_elements(endpoint: str, job: Job) -> str:
    """Returns how many elements the collection has had that has had most, where the engine counts them."""
    from apache_beam.coders import VarIntCoder
    from apache_beam.portability.api import beam_job_api_pb2 as api

    with grpc.insecure_channel(endpoint) as channel:
        metrics = _server(channel).GetJobMetrics(api.GetJobMetricsRequest(job_id=job.id), timeout=PATIENCE).metrics
    told = [each.payload for each in (*metrics.attempted, *metrics.committed) if each.urn == ELEMENTS]
    return f", {count(max(map(VarIntCoder().decode, told)), 'element')}" if told else ""


def _cancel(endpoint: str, job: Job) -> str:
    from apache_beam.portability.api import beam_job_api_pb2 as api

    with grpc.insecure_channel(endpoint) as channel:
        try:
            answer = _server(channel).Cancel(api.CancelJobRequest(job_id=job.id), timeout=PATIENCE)
        except grpc.RpcError as error:
            return f"Job {job.name} goes on at {endpoint}, which does not end it: {error.details()}"
    return f"Job {job.name} at {endpoint} was asked to end: {api.JobState.Enum.Name(answer.state)}"


def _cancel_in_flink(console: str, name: str) -> list[str]:
    """Asks Flink's REST (/jobs/overview, PATCH /jobs/ID?mode=cancel) to end what it still has of these jobs."""
    try:
        overview = requests.get(f"{console}/jobs/overview", timeout=PATIENCE)
        overview.raise_for_status()
        going = [
            job
            for job in overview.json()["jobs"]
            if job["name"].startswith(name) and job["state"] not in ("FINISHED", "CANCELED", "FAILED")
        ]
        for job in going:
            requests.patch(f"{console}/jobs/{job['jid']}?mode=cancel", timeout=PATIENCE).raise_for_status()
    except requests.RequestException as error:
        return [f"Flink at {console} was not asked: {error}"]
    return [f"Flink's job {job['name']} was cancelled." for job in going]


def _server(channel: grpc.Channel) -> Any:  # its stubs have no types
    from apache_beam.portability.api import beam_job_api_pb2_grpc

    return beam_job_api_pb2_grpc.JobServiceStub(channel)


def _read_name(job: Any) -> str:
    options = job.pipeline_options
    return str(options[NAME]) if NAME in options else str(job.job_name)
