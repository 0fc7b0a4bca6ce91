"""The runs of a pipeline: how one begins, the lock that one of them holds, and how each ended."""

import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, overload

from pydantic_core import from_json

from components.registry.file_lock import hold_file
from configs.clock import tell_now
from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.home import Home
from configs.schema.config import Config
from pipelines.runs.run import NUMBER, RECORD, Run


def begin_run(config: Config, run: Run) -> str:
    """Makes the folder of a run, with its config, number and the time, unless it is there; returns when it began."""
    run.folder.mkdir(parents=True, exist_ok=True)
    config_text = config.model_dump_json(indent=2, exclude={"storage": {"metadata"}})  # which may hold a password
    number = 1 + max(map(_number, run.home.runs.glob(f"*/{NUMBER}")), default=0)
    for path, text in ((run.number, str(number)), (run.started, tell_now()), (run.config, config_text)):
        if not path.exists():
            write_file(path, text)
    return run.started.read_text()


def write_decision(run: Run, decision: Mapping[str, Any]) -> None:
    """Keeps why a schedule let a run begin."""
    write_file(run.decision, json.dumps(decision))


def read_decision(run: Run) -> dict[str, Any] | None:
    """Returns why a schedule let a run begin; None for one that a person began, or whose decision cannot be read."""
    with suppress(OSError, ValueError):
        return dict(json.loads(run.decision.read_text()))
    return None


def number_of(run: Run) -> int:
    """Returns which run of the pipeline it is: a clock may go back, and say that it began before another."""
    return _number(run.number)


def _number(path: Path) -> int:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return 0  # a run of before they were numbered


@contextmanager
def lock_home(home: Home, holder: str) -> Iterator[None]:
    """Locks the pipeline on this machine for a holder, a run's id; raises PipelineBusy, which names who has it."""
    home.root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            file = held.enter_context(hold_file(home.lock))
        except BlockingIOError as error:
            raise PipelineBusy(
                f"Another run holds the pipeline: {_holder(home)}.",
                where=str(home.root),
                remedy="Wait for it to end, or stop that process.",
            ) from error
        file.truncate(0)
        json.dump({"run": holder, "pid": os.getpid(), "host": socket.gethostname(), "since": tell_now()}, file)
        file.flush()
        yield


def _holder(home: Home) -> str:
    try:
        holder = json.loads(home.lock.read_text())
        return "run {run}, process {pid} on {host}, since {since}".format(**holder)
    except (OSError, ValueError, TypeError, KeyError):
        return "it has just begun"


class Records(Sequence[dict[str, Any]]):
    """The records of runs in an order; each is read when it is asked for, as of a thousand runs few are."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        """Returns one record, or some; raises MillraceError for one that cannot be read."""
        if isinstance(index, slice):
            return list(map(read_record, self.paths[index]))
        return read_record(self.paths[index])


def read_records(home: Home) -> Records:
    """Returns the records of the runs that have ended, that which began last first.

    Raises MillraceError for one without a number that cannot be read: what is newest is not known then.
    """
    return Records(sorted(home.runs.glob(f"*/{RECORD}"), key=_find_place, reverse=True))


def _find_place(path: Path) -> tuple[int, str, str]:
    number = _number(path.with_name(NUMBER))
    if number:
        return number, "", path.parent.name
    record = read_record(path)
    return record.get("number", 0), record["ended"], record["run"]


def read_record(path: Path) -> dict[str, Any]:
    """Returns the record of one run; raises MillraceError where it cannot be read."""
    try:
        record = from_json(path.read_bytes())
        if not {"run", "ended"} <= record.keys():
            raise ValueError("it is no record of a run")
    except (OSError, ValueError, AttributeError) as error:
        what = f"the record of this run cannot be read: {error}."
        raise MillraceError(what, str(path), "Remove this file: the run is then one that never ended.") from error
    return dict(record)


def write_file(path: Path, text: str) -> None:
    """Writes a file; a reader sees all of it or what was there before."""
    staged = path.with_name(f".{path.name}-{secrets.token_hex(4)}")  # steps of a cluster may write at the same time
    try:
        staged.write_text(text)
        staged.rename(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # which a disk that is full does not tell
        raise
    finally:
        staged.unlink(missing_ok=True)  # of a disk that is full nothing stays


def find_record(home: Home, run_id: str | None = None) -> dict[str, Any]:
    """Returns the record of a run, of the newest without an id; raises ConfigError when there is none."""
    records = read_records(home)
    for record in records:
        if run_id in (None, record["run"]):
            return record
    listed = ", ".join(record["run"] for record in records[:5]) or "none yet"
    raise ConfigError(
        f"There is no run {run_id} that has ended" if run_id else "No run has ended yet",
        where=str(home.runs),
        remedy=f"The newest runs are: {listed}. {home.mention_another(Path.cwd())}".rstrip(),
    )
