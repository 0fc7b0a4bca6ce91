"""A pool of Python workers for a Beam engine: `millrace worker-pool`, which starts one where an engine asks for it.

The service is Beam's (apache_beam/runners/worker/worker_pool_main.py), but for four things: a worker has found our code
before the engine hears of it, and where it has not, or dies at its start, the engine is told why instead of waiting for
it; workers end with the channel of their job, as engines number theirs anew in each job and Beam's pool ends one by its
number, whoever's it is; and they end with the pool.

Run as a module, with a control endpoint and a number, this is the worker.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2 as api
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from configs.errors import MillraceError

OPTIONS = (
    ("grpc.http2.max_pings_without_data", 0),  # this one and the next as Beam's own pool has them
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.so_reuseport", 0),  # or two pools would share a port
)


class WorkerPool(services.BeamFnExternalWorkerPoolServicer):
    """Starts a process for each worker that an engine asks for; `command` runs one."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", __name__)) -> None:
        self.command, self.workers, self.lock = command, set["subprocess.Popen[bytes]"](), threading.Lock()

    def StartWorker(self, request: Any, _context: Any = None) -> Any:
        """Starts a worker, and answers once it is there to work, or with what it died of."""
        control, name = request.control_endpoint.url, request.worker_id
        logging.info("Starting worker %s for %s", name, control)
        worker = subprocess.Popen([*self.command, control, name], stdout=subprocess.PIPE, start_new_session=True)
        with self.lock:
            self.workers.add(worker)
        threading.Thread(target=self._wait_for, args=(worker, f"{name} for {control}"), daemon=True).start()
        said = worker.stdout.readline() if worker.stdout else b""
        problem = json.loads(said)["problem"] if said else f"its process ended with code {worker.wait()}"
        return api.StartWorkerResponse(error=f"Worker {name} could not start: {problem}" if problem else "")

    def StopWorker(self, _request: Any, _context: Any = None) -> Any:
        """Leaves the worker to its end: its channel closes with its job."""
        return api.StopWorkerResponse()

    def _wait_for(self, worker: "subprocess.Popen[bytes]", name: str) -> None:
        code = worker.wait()
        with self.lock:
            self.workers.discard(worker)
        logging.info("Worker %s has ended with code %d", name, code)

    def end(self) -> None:
        """Ends all workers at once."""
        with self.lock:
            for worker in self.workers:
                os.killpg(worker.pid, signal.SIGKILL)


def start(pool: WorkerPool, port: int) -> tuple[grpc.Server, int]:
    """Serves a pool at a port of all addresses, 0 for any that is free; returns the server and the port.

    Raises MillraceError where the port is not to be had.
    """
    server = grpc.server(shared_unbounded_instance(), options=OPTIONS)
    services.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    try:
        bound = server.add_insecure_port(f"[::]:{port}")
    except RuntimeError as error:
        raise MillraceError(f"Port {port} is not to be had: {error}", "--port", "Name another one.") from None
    server.start()
    return server, bound


def work(control: str, name: str) -> None:
    """Does a job's work until its channel closes; says on standard output first whether it can."""
    try:
        from apache_beam.runners.worker.sdk_worker import SdkHarness

        import components
        import configs
        import trainer

        problem = "" if all((components.__file__, configs.__file__, trainer.__file__)) else "it has no Millrace"
        harness = SdkHarness(control, worker_id=name)
    except Exception:
        problem, harness = traceback.format_exc(), None
    print(json.dumps({"problem": problem}), flush=True)  # noqa: T201
    os.dup2(2, 1)  # nobody reads on
    if harness:
        harness.run()


if __name__ == "__main__":
    work(*sys.argv[1:])
