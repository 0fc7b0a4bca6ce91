"""The runs of a pipeline: their ids, the lock that one of them holds, and how each ended."""

import json
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import portalocker

from configs.errors import ConfigError, PipelineBusy
from configs.home import Home
from configs.schema.config import Config

RECORD = "run.json"
REPORT = "report.html"
LOG = "log.txt"
CONFIG = "config.json"
STARTED = "started.txt"


def new_id() -> str:
    """Returns the id of a run that starts now: in order of time, and unique also among many of one second."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def check(run_id: str) -> None:
    """Raises ConfigError unless the id can name a folder among the runs, and no other."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", run_id):
        raise ConfigError(
            f"{run_id!r} is no run id.",
            where="--run-id",
            remedy="It is at most 128 of A-Z, a-z, 0-9, _, . and -, and begins with a letter or a digit.",
        )


def now() -> str:
    """Returns the time in UTC, ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def begin(config: Config, run_id: str) -> str:
    """Makes the folder of a run, with its config and the time, unless it is there; returns when the run began."""
    folder = config.home.run(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    config_text = config.model_dump_json(indent=2, exclude={"storage": {"metadata"}})  # which may hold a password
    for name, text in ((STARTED, now()), (CONFIG, config_text)):
        if not (folder / name).exists():
            put(folder / name, text)
    return (folder / STARTED).read_text()


@contextmanager
def hold(home: Home, run_id: str) -> Iterator[None]:
    """Holds the pipeline for one run; raises PipelineBusy, which names the holder, when another run has it."""
    home.root.mkdir(parents=True, exist_ok=True)
    with home.lock.open("a+") as file:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException as error:
            raise PipelineBusy(
                f"Another run holds the pipeline: {_holder(home)}.",
                where=str(home.root),
                remedy="Wait for it to end, or stop that process.",
            ) from error
        file.truncate(0)
        json.dump({"run": run_id, "pid": os.getpid(), "host": socket.gethostname(), "since": now()}, file)
        file.flush()
        yield


def _holder(home: Home) -> str:
    try:
        holder = json.loads(home.lock.read_text())
        return "run {run}, process {pid} on {host}, since {since}".format(**holder)
    except (OSError, ValueError, KeyError):
        return "it has just begun"


def ended(home: Home) -> list[dict[str, Any]]:
    """Returns the records of the runs that have ended, newest first."""
    found = (json.loads(path.read_text()) for path in home.runs.glob(f"*/{RECORD}"))
    return sorted(found, key=lambda record: (record["ended"], record["run"]), reverse=True)


def put(path: Path, text: str) -> None:
    """Writes a file; a reader sees all of it or what was there before."""
    staged = path.with_name(f".{path.name}-{secrets.token_hex(4)}")  # steps of a cluster may write at the same time
    staged.write_text(text)
    staged.rename(path)


def find(home: Home, run_id: str | None = None) -> dict[str, Any]:
    """Returns the record of a run, of the newest without an id; raises ConfigError when there is none."""
    records = ended(home)
    for record in records:
        if run_id in (None, record["run"]):
            return record
    listed = ", ".join(record["run"] for record in records[:5]) or "none yet"
    raise ConfigError(
        f"There is no run {run_id} that has ended" if run_id else "No run has ended yet",
        where=str(home.runs),
        remedy=f"The newest runs are: {listed}.",
    )
