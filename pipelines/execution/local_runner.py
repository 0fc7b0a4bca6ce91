"""All nodes on this machine: the parent holds the lock and takes the signals, a child of its own runs the nodes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from configs.copies import COPIES, working_copies
from configs.errors import MillraceError, Stopped
from configs.schema.config import Config
from pipelines.execution import disk_space, settled
from pipelines.execution.finalize import finish_run, record_run
from pipelines.execution.node_clock import NodeClock
from pipelines.execution.retention import retain_after
from pipelines.execution.settled import Settled
from pipelines.remote.liveness import find_end
from pipelines.runs.directory import begin_run, write_decision
from pipelines.runs.lease import borrow_pipeline
from pipelines.runs.outcomes import write_outcome
from pipelines.runs.run import Run, new_id
from pipelines.storage import sync

Event = Mapping[str, Any]
Ask = Callable[[], Mapping[str, Any] | None]


def run_nodes(
    config: Config, nodes: Sequence[str], cache: bool, watch: Callable[[Event], None], ask: Ask | None = None
) -> dict[str, Any]:
    """Runs the nodes and returns the run's record; `watch` sees every event as it comes.

    `ask` decides whether to run at all, while the pipeline is held; where it is not `due`, only that is returned. With
    no answer it runs.
    Where nothing has changed since a run that ended well, that one is repeated from its record. Raises PipelineBusy
    when another run holds the pipeline. Never imports TensorFlow.
    """
    run = Run(config.home, new_id())
    with borrow_pipeline(config, run.id, partial(find_end, config)):
        decision = ask() if ask else None
        if decision and not decision["due"]:
            return decline(config, decision)
        sync.fetch_numbers(config.home)
        started = begin_run(config, run)
        if decision:
            write_decision(run, decision)
        disk_space.set_aside(run)
        with stoppable():
            try:
                if needs := settled.digest_needs(config, nodes) if cache else None:
                    watch({"node": nodes[0], "state": "running", "text": "looking for what has changed"})
                if known := settled.recall(config, needs):
                    return retain_after(config, run, repeat_nodes(config, run, started, known, watch))
                with sync.working(config, run, nodes):
                    interruption = run_worker(config, run, nodes, cache, watch, run.log)
                ignore_signals()
            except MillraceError as error:
                interruption, needs = error, None
            disk_space.release(run)
            record = finish_run(config, run, started, nodes, interruption)
            settled.keep(config, run, record, needs)
            record = retain_after(config, run, record)
        sync.put_files(config.home, run.folder)
        return record


def decline(config: Config, decision: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what stands for the record of a run that is not due, and never began."""
    return {"pipeline": config.name, "run": None, "exit_code": 0, "decision": decision}


def repeat_nodes(
    config: Config, run: Run, started: str, known: Settled, watch: Callable[[Event], None]
) -> dict[str, Any]:
    """Answers for every node as the cache would, and launches none; returns the run's record."""
    disk_space.release(run)
    run.log.write_text(f"Nothing has changed since run {known.run}, whose log tells of its nodes: none was launched.\n")
    for outcome in known.outcomes:
        write_outcome(run, outcome)
        watch({"outcome": asdict(outcome)})
    ignore_signals()
    return record_run(config, run, started, known.outcomes, repeats=known.run)


def run_worker(
    config: Config, run: Run, nodes: Sequence[str], cache: bool, watch: Callable[[Event], None], log: Path
) -> MillraceError | None:
    """Runs the child to its end, its output in a file of the run's; returns why it died, if it did.

    A node at work that it takes with it is recorded, with the time that it took.
    """
    reading, writing = os.pipe()
    arguments = [run.id, str(writing), "cache" if cache else "fresh", *nodes]
    with log.open("ab") as output, temporary_folder(run) as places:
        child = subprocess.Popen(
            [sys.executable, "-m", "pipelines.execution.worker", *arguments],
            stdin=subprocess.PIPE,  # brings the config; its end tells the child that the parent is gone
            stdout=output,
            stderr=output,
            pass_fds=[writing],
            start_new_session=True,
            env={**os.environ, **places, **QUIET},
        )
        os.close(writing)
        clock, died = NodeClock(config, watch, partial(kill_worker, child)), None
        try:
            with clock:
                send_config(child, config)
                hear_worker(reading, clock)
                code = child.wait()
            died = clock.exceeded or (explain_death(code) if code else None)
        except Stopped as stopped:
            died = stopped
            raise
        finally:
            end_worker(child)
            if child.returncode and config.beam.hands_over:
                end_jobs(config, run, nodes, output)
            if died:
                clock.record(run, died)
    return died


def hear_worker(reading: int, clock: NodeClock) -> None:
    """Gives the clock what the child reports, until it has ended."""
    with os.fdopen(reading) as events:
        for line in events:
            clock.take(json.loads(line))


@contextmanager
def temporary_folder(run: Run) -> Iterator[dict[str, str]]:
    """Makes a folder below a run's for what libraries leave behind, and removes it; yields what tells a process of it.

    Where the working copies lie is told as well: they outlast the run.
    """
    with tempfile.TemporaryDirectory(prefix="tmp-", dir=run.folder, ignore_cleanup_errors=True) as folder:
        yield {"TMPDIR": folder, COPIES: working_copies()}


def send_config(child: "subprocess.Popen[bytes]", config: Config) -> None:
    """Gives the child its config, which may hold a password: that belongs into no file."""
    if child.stdin:
        with suppress(BrokenPipeError):  # how it died is told by its exit code
            os.write(child.stdin.fileno(), f"{config.model_dump_json()}\n".encode())


def end_worker(child: "subprocess.Popen[bytes]") -> None:
    """Ends the child and what it started, at once: that is always safe."""
    kill_worker(child)
    child.wait()
    if child.stdin:
        child.stdin.close()


def kill_worker(child: "subprocess.Popen[bytes]") -> None:
    """Has the child and what it started killed, if it has not ended."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)


def end_jobs(config: Config, run: Run, nodes: Sequence[str], log: BinaryIO) -> None:
    """Ends what a child that was killed has handed to engines, which would go on; the log has their answers."""
    from pipelines.execution import engine_jobs  # only here: most runs have no engine, and this loads Beam

    for line in engine_jobs.end_jobs_of(config, nodes, run.id):
        log.write(f"{line}\n".encode())


def explain_death(code: int) -> MillraceError:
    """Returns what to say of a child that ended with this code."""
    if code == -signal.SIGKILL:
        return MillraceError("The process was killed (signal 9); out of memory, most likely.", remedy="Run again.")
    if code < 0:
        return MillraceError(
            f"The process died of {signal.Signals(-code).name}.", remedy="The run's log.txt may say why."
        )
    return MillraceError(f"The process ended with code {code}.", remedy="The run's log.txt says why.")


@contextmanager
def stoppable() -> Iterator[None]:
    """Turns the first SIGTERM or SIGINT into Stopped; those after it are not heard, so that the run can finish."""

    def stop(number: int, _frame: object) -> None:
        ignore_signals()
        name = signal.Signals(number).name
        raise Stopped(f"The run was stopped by {name}.", remedy="Run again: it resumes where it was.")

    previous = {number: signal.signal(number, stop) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Lets the signals that end a run pass unheard."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


ENDINGS = (signal.SIGTERM, signal.SIGINT)
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "1", "PYTHONUNBUFFERED": "1"}
