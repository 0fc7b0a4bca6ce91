"""A training that several processes of this machine share: they begin together, and end together."""

import hashlib
import json
import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import keras
import tensorflow as tf
from tfx.components.trainer.fn_args_utils import FnArgs

from components.patches.keras_workers import fit_together
from configs.errors import MillraceError
from configs.progress import PROGRESS
from trainer import run_fn as alone
from trainer.settings import Settings

HERE = "127.0.0.1"
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def run_fn(fn_args: FnArgs) -> None:
    """Has workers train together as `trainer.run_fn` does alone; the first of them writes what comes of it.

    Raises MillraceError where one fails or dies, which ends all, and where they have not learnt the same.
    """
    workers = Settings.model_validate_json(fn_args.custom_config["settings"]).training.workers
    told = copy(fn_args)
    told.data_accessor = None  # of functions, which no process can be handed, and nothing of ours calls
    with started(partial(alone.run_fn, told), choose_addresses(workers)) as team:
        learnt = hear(team)
    if len(set(learnt.values())) > 1:
        what = f"The {workers} workers have not learnt the same: a layer keeps something of the rows that it has seen."
        raise MillraceError(what, "Trainer", "Leave it out, or set training.workers to 1.")


@dataclass(frozen=True)
class Worker:
    """A process, and the end of the line that it tells on how far it is."""

    name: str
    process: SpawnProcess
    line: Connection


@contextmanager
def started(train: Callable[[], keras.Model], addresses: Sequence[str]) -> Iterator[Sequence[Worker]]:
    """Starts a worker for each address, which all train; afterwards there is none, however it went."""
    fresh, team = multiprocessing.get_context("spawn"), []  # a fork of threads that hold locks would wait for ever
    try:
        for number in range(len(addresses)):
            ours, theirs = fresh.Pipe(duplex=False)
            process = fresh.Process(target=work, args=(train, number, addresses, theirs), daemon=True)
            process.start()
            theirs.close()  # so that the line ends with the process
            team.append(Worker(f"Worker {number + 1} of {len(addresses)}", process, ours))
        yield team
    finally:
        for worker in team:
            worker.process.kill()
            worker.process.join()


def hear(team: Sequence[Worker]) -> dict[str, str]:
    """Returns the digest of what each worker has learnt, once all have; raises what the first to fail has told."""
    learnt: dict[str, str] = {}
    while len(learnt) < len(team):
        ready = wait([worker.line for worker in team])
        for worker in (worker for worker in team if worker.line in ready):
            try:
                told = worker.line.recv()
            except EOFError:
                raise explain_death(worker) from None
            if isinstance(told, Exception):
                raise told
            if isinstance(told, str):
                learnt[worker.name] = told
            else:
                PROGRESS.log(*told)
    return learnt


def explain_death(worker: Worker) -> MillraceError:
    """Returns what to say of a worker that has ended without a word."""
    worker.process.join()
    code = worker.process.exitcode or 0
    if code == -signal.SIGKILL:
        how, remedy = "was killed (signal 9); out of memory, most likely", "Run again: it goes on where all were."
    elif code < 0:
        how, remedy = f"died of {signal.Signals(-code).name}", "The run's log.txt may say why."
    else:
        how, remedy = f"ended with code {code}", "The run's log.txt says why."
    return MillraceError(f"{worker.name} {how}, and with it the training of all.", "Trainer", remedy)


def choose_addresses(workers: int) -> list[str]:
    """Returns addresses of this machine that nobody listens at, one for each worker.

    TensorFlow listens at these ports of all its addresses, and asks nobody who he is.
    """
    with ExitStack() as bound:
        sockets = [bound.enter_context(socket.create_server((HERE, 0))) for _ in range(workers)]
        return [f"{HERE}:{each.getsockname()[1]}" for each in sockets]


def work(train: Callable[[], keras.Model], number: int, addresses: Sequence[str], line: Connection) -> None:
    """Trains as the worker of this number, in a process of its own, which tells on the line how it goes.

    It stays until it is ended: a worker that goes before the others breaks what they still do together.
    """
    threading.Thread(target=end_with_parent, daemon=True).start()
    logging.basicConfig(level=logging.INFO, format=FORMAT, force=True)
    if number == 0:
        PROGRESS.addHandler(Teller(line))
    else:
        PROGRESS.setLevel(logging.CRITICAL)  # what all do is told once
    os.environ["TF_CONFIG"] = describe(number, addresses)
    share_cores(len(addresses))
    try:
        with fit_together():
            line.send(digest(train()))
    except Exception as error:
        logging.error("worker %d failed", number + 1, exc_info=error)
        line.send(carry(error, f"Worker {number + 1} of {len(addresses)}"))
    threading.Event().wait()


class Teller(logging.Handler):
    """Sends what is reported as progress to the process that started the workers."""

    def __init__(self, line: Connection) -> None:
        super().__init__(logging.INFO)
        self.line = line

    def emit(self, record: logging.LogRecord) -> None:
        self.line.send((record.levelno, record.getMessage()))


def end_with_parent() -> None:
    """Ends this process when the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def describe(number: int, addresses: Sequence[str]) -> str:
    """Returns what `TF_CONFIG` says of a worker: where all are, and which it is."""
    return json.dumps({"cluster": {"worker": list(addresses)}, "task": {"type": "worker", "index": number}})


def share_cores(workers: int) -> None:
    """Has TensorFlow take this worker's part of the cores, and no GPU."""
    cores = max(1, len(os.sched_getaffinity(0)) // workers)
    tf.config.threading.set_intra_op_parallelism_threads(cores)
    tf.config.threading.set_inter_op_parallelism_threads(cores)
    tf.config.set_visible_devices([], "GPU")


def digest(model: keras.Model) -> str:
    """Returns the digest of a model's weights, to the last bit."""
    found = hashlib.sha256()
    for weight in model.get_weights():
        found.update(weight.tobytes())
    return found.hexdigest()


def carry(error: Exception, worker: str) -> Exception:
    """Returns an error that another process understands: one that it foresees, else what to say of it."""
    if isinstance(error, MillraceError | OSError):
        return error
    lines = str(error).strip().splitlines() or ["nothing more is known"]
    what = f"{worker} failed: {type(error).__name__}: {lines[0]}"
    return MillraceError(what, "Trainer", "The run's log.txt holds the traceback.")
