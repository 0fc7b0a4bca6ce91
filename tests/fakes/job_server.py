"""Beam's own job server, which writes down what it was asked, and whose jobs can be ended.

Beam's (local_job_service.py) runs a job in itself and has no Cancel. This one's is that of Beam's Java servers
(JobInvocation.java: cancel): the state is CANCELLED at once, and what the job still does is nobody's any more.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from apache_beam.portability.api import beam_job_api_pb2 as api
from apache_beam.runners.portability.local_job_service import BeamJob, LocalJobServicer

NAME = "beam:option:job_name:v1"


class EndableJob(BeamJob):
    """A job that a client may end, and that begins once its server lets it; the first few may be lost at once."""

    let_go = threading.Event()
    losses: Iterator[str] = iter(())  # what is said of each job that is lost

    def _invoke_runner(self) -> Any:
        self.set_state(api.JobState.RUNNING)
        self.let_go.wait()
        if loss := next(self.losses, ""):
            raise RuntimeError(loss)
        return super()._invoke_runner()

    def cancel(self) -> None:
        self.set_state(api.JobState.CANCELLED)


class JobServer(LocalJobServicer):
    """A job server that keeps, in order, what was asked of it: (Prepare, name), (Run, id), (Cancel, id)."""

    def __init__(self, job: type[EndableJob]) -> None:
        super().__init__(beam_job_type=job)
        self.asked = list[tuple[str, str]]()

    def Prepare(self, request: Any, context: Any = None, timeout: Any = None) -> Any:
        self.asked.append(("Prepare", dict(request.pipeline_options.items()).get(NAME, request.job_name)))
        return super().Prepare(request, context, timeout)

    def Run(self, request: Any, context: Any = None, timeout: Any = None) -> Any:
        self.asked.append(("Run", request.preparation_id))
        return super().Run(request, context, timeout)

    def Cancel(self, request: Any, context: Any = None, timeout: Any = None) -> Any:
        self.asked.append(("Cancel", request.job_id))
        return super().Cancel(request, context, timeout)


@contextmanager
def job_server(holds: bool = False, losses: Sequence[str] = ()) -> Iterator[tuple[JobServer, str]]:
    """A server, and where it listens, while the block lasts; its jobs begin at once, or never where it `holds` them.

    The first of them are lost, one for each of the `losses`.
    """
    job = type("Job", (EndableJob,), {"let_go": threading.Event(), "losses": iter(losses)})
    if not holds:
        job.let_go.set()
    server = JobServer(job)
    port = server.start_grpc_server()
    try:
        yield server, f"localhost:{port}"
    finally:
        server.stop(0)
