"""A training that several workers share: they begin together, and end together.

They are processes of this machine, or each of a pod of its own (worker_calls.py); what they do is the same.
"""

import hashlib
import json
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import keras
import tensorflow as tf
from tfx.components.trainer.fn_args_utils import FnArgs

from components.patches.keras_workers import fit_together
from components.worker_calls import MEETING, choose_addresses, find_host, gather, tell_how_to_look
from configs.errors import MillraceError
from configs.progress import PROGRESS
from trainer import run_fn as alone
from trainer.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def run_fn(fn_args: FnArgs) -> None:
    """Has workers train together as `trainer.run_fn` does alone; the first of them writes what comes of it.

    Raises MillraceError where one fails or dies, which ends all, and where they have not learnt the same.
    """
    workers = Settings.model_validate_json(fn_args.custom_config["settings"]).training.workers
    told = copy(fn_args)
    told.data_accessor = None  # of functions, which no process can be handed, and nothing of ours calls
    train, meeting = partial(alone.run_fn, told), os.environ.get(MEETING)
    if meeting:
        together = called(train, workers, Path(meeting))
    else:
        together = started(train, choose_addresses(workers), range(workers))
    with together as team:
        learnt = hear(team)
    if len(set(learnt.values())) > 1:
        what = f"The {workers} workers have not learnt the same: a layer keeps something of the rows that it has seen."
        raise MillraceError(what, "Trainer", "Leave it out, or set training.workers to 1.")


@dataclass(frozen=True)
class Worker:
    """One of a team, and the end of the line that it tells on how far it is; another pod's has no process."""

    number: int
    workers: int
    line: Connection
    process: SpawnProcess | None = None

    def __str__(self) -> str:
        return f"Worker {self.number + 1} of {self.workers}"


@contextmanager
def started(
    train: Callable[[], keras.Model], addresses: Sequence[str], numbers: Iterable[int]
) -> Iterator[Sequence[Worker]]:
    """Starts those of the workers, one for each address, that are of this machine; afterwards there is none of them."""
    fresh = multiprocessing.get_context("spawn")  # a fork of threads that hold locks would wait for ever
    team, processes = list[Worker](), list[SpawnProcess]()
    try:
        for number in numbers:
            ours, theirs = fresh.Pipe(duplex=False)
            process = fresh.Process(target=work, args=(train, number, addresses, theirs), daemon=True)
            process.start()
            processes.append(process)
            theirs.close()  # so that the line ends with the process
            team.append(Worker(number, len(addresses), ours, process))
        yield team
    finally:
        for process in processes:
            process.kill()
            process.join()


@contextmanager
def called(train: Callable[[], keras.Model], workers: int, file: Path) -> Iterator[Sequence[Worker]]:
    """Calls the workers of other pods to train with the first, which is started here; their lines end afterwards."""
    with gather(file, workers) as come:
        others = [Worker(number, workers, line) for number, (line, _) in enumerate(come, 1)]
        addresses = [*choose_addresses(1, find_host()), *(address for _, address in come)]
        for worker in others:
            try:
                worker.line.send((train, addresses))
            except OSError:
                raise explain_death(worker) from None
        with started(train, addresses, [0]) as first:
            yield [*first, *others]


def aid(line: Connection, number: int) -> None:
    """Trains as a worker of this number for who has called, and tells on the line what that worker tells, till it ends.

    How it went is for the caller to say, who hears of all.
    """
    with suppress(EOFError, OSError):  # the caller is gone
        train, addresses = line.recv()
        with started(train, addresses, [number]) as [worker]:
            while line not in wait([line, worker.line]):  # nothing comes on it but its end
                try:
                    line.send(worker.line.recv())
                except EOFError:
                    line.send(explain_death(worker))
                    wait([line])


def hear(team: Sequence[Worker]) -> dict[str, str]:
    """Returns the digest of what each worker has learnt, once all have; raises what the first to fail has told."""
    learnt: dict[str, str] = {}
    while len(learnt) < len(team):
        ready = wait([worker.line for worker in team])
        for worker in (worker for worker in team if worker.line in ready):
            try:
                told = worker.line.recv()
            except (EOFError, OSError):
                raise explain_death(worker) from None
            if isinstance(told, Exception):
                raise told
            if isinstance(told, str):
                learnt[str(worker)] = told
            else:
                PROGRESS.log(*told)
    return learnt


def explain_death(worker: Worker) -> MillraceError:
    """Returns what to say of a worker that has ended without a word."""
    if worker.process is None:
        how, remedy = "is gone", f"Its pod was ended, or is not reached: {tell_how_to_look(worker.number + 1)}"
        return MillraceError(f"{worker} {how}, and with it the training of all.", "Trainer", remedy)
    worker.process.join()
    code = worker.process.exitcode or 0
    if code == -signal.SIGKILL:
        how, remedy = "was killed (signal 9); out of memory, most likely", "Run again: it goes on where all were."
    elif code < 0:
        how, remedy = f"died of {signal.Signals(-code).name}", "The run's log.txt, or its pod's own log, may say why."
    else:
        how, remedy = f"ended with code {code}", "The run's log.txt, or its pod's own log, says why."
    return MillraceError(f"{worker} {how}, and with it the training of all.", "Trainer", remedy)


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
    share_cores(count_neighbours(number, addresses))
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


def count_neighbours(number: int, addresses: Sequence[str]) -> int:
    """Returns how many workers the machine of one has, with that one."""
    hosts = [address.rpartition(":")[0] for address in addresses]
    return hosts.count(hosts[number])


def share_cores(workers: int) -> None:
    """Has TensorFlow take the part of this machine's cores that each of so many has, and no GPU."""
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
    return MillraceError(what, "Trainer", "The run's log.txt, or its pod's own log, holds the traceback.")
