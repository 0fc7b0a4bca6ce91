"""A pool of Python workers for a Beam engine: `millrace worker-pool`, which starts one where an engine asks for it.

The service is Beam's (apache_beam/runners/worker/worker_pool_main.py), but for five things: a worker has found our code
before the engine hears of it, and where it has not, or dies at its start, the engine is told why instead of waiting for
it; workers end with the channel of their job, as engines number theirs anew in each job and Beam's pool ends one by its
number, whoever's it is; they end with the pool; and a pool that is warm loads TensorFlow and all that nodes reach once,
in a process that does nothing else (multiprocessing's fork server) and of which each worker is a copy.
"""

import logging
import os
import threading
import traceback
from collections.abc import Callable
from multiprocessing import connection, forkserver, get_context
from multiprocessing.process import BaseProcess
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2 as api
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from configs.errors import MillraceError
from configs.nodes import NODES
from pipelines.graph import fingerprint

OPTIONS = (
    ("grpc.http2.max_pings_without_data", 0),  # this one and the next as Beam's own pool has them
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.so_reuseport", 0),  # or two pools would share a port
)


def work(control: str, name: str, says: connection.Connection) -> None:
    """Does a job's work until its channel closes; says first what keeps it from that, and nothing otherwise."""
    os.setsid()  # Ctrl-C is the pool's
    try:
        from apache_beam.runners.worker.sdk_worker import SdkHarness

        import components
        import configs
        import trainer

        problem = "" if all((components.__file__, configs.__file__, trainer.__file__)) else "it has no Millrace"
        harness = SdkHarness(control, worker_id=name)
    except Exception:
        problem, harness = traceback.format_exc(), None
    says.send(problem)
    says.close()
    if harness:
        harness.run()


class WorkerPool(services.BeamFnExternalWorkerPoolServicer):
    """Starts a process for each worker that an engine asks for, in which `work` does what there is to do."""

    def __init__(self, work: Callable[[str, str, connection.Connection], None] = work) -> None:
        self.work, self.workers, self.lock = work, set[BaseProcess](), threading.Lock()
        self.loaded = ""  # the code and the packages that a warm pool has

    def warm(self) -> None:
        """Begins to load what nodes on Beam reach, in five CPU seconds and 0.8 GB, beside whatever else goes on."""
        on_beam = [spec for spec in NODES.values() if spec.on_beam]
        modules = fingerprint.import_closure(name for spec in on_beam for name in (spec.module, *spec.reaches))
        self.loaded = _identify()
        forkserver.set_forkserver_preload([__name__, "apache_beam.runners.worker.sdk_worker", *sorted(modules)])
        forkserver.ensure_running()

    def StartWorker(self, request: Any, _context: Any = None) -> Any:
        """Starts a worker, and answers once it is there to work, or with what it died of."""
        control, name = request.control_endpoint.url, request.worker_id
        warm = self.loaded == _identify()  # else code that was changed since would not be what does the work
        logging.info("Starting worker %s for %s%s", name, control, "" if warm else ", which loads all anew")
        context = get_context("forkserver") if warm else get_context("spawn")
        said, says = context.Pipe(duplex=False)
        worker = context.Process(target=self.work, args=(control, name, says))
        with self.lock:
            worker.start()
            self.workers.add(worker)
        says.close()
        threading.Thread(target=self._wait_for, args=(worker, f"{name} for {control}"), daemon=True).start()
        try:
            problem = said.recv()
        except EOFError:
            problem = f"its process ended with code {self._end_of(worker)}"
        return api.StartWorkerResponse(error=f"Worker {name} could not start: {problem}" if problem else "")

    def StopWorker(self, _request: Any, _context: Any = None) -> Any:
        """Leaves the worker to its end: its channel closes with its job."""
        return api.StopWorkerResponse()

    def _wait_for(self, worker: BaseProcess, name: str) -> None:
        code = self._end_of(worker)
        with self.lock:
            self.workers.discard(worker)
        logging.info("Worker %s has ended with code %s", name, code)

    def _end_of(self, worker: BaseProcess) -> int | None:
        connection.wait([worker.sentinel])
        with self.lock:  # of two threads that ask one alone would be told
            worker.join()
        return worker.exitcode

    def end(self) -> None:
        """Ends all workers at once."""
        with self.lock:
            for worker in self.workers:
                worker.kill()


def _identify() -> str:
    """Returns the digests of our code and of the packages as they are now."""
    fingerprint.of_repository.cache_clear()
    fingerprint.of_packages.cache_clear()
    return fingerprint.of_repository() + fingerprint.of_packages()


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
