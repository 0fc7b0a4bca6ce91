"""The runs of a pipeline: their ids, the lock that one of them holds, and how each ended."""

import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import portalocker

from configs.errors import ConfigError, PipelineBusy
from configs.home import Home

RECORD = "run.json"
REPORT = "report.html"
LOG = "log.txt"
CONFIG = "config.json"


def new_id() -> str:
    """Returns the id of a run that starts now: in order of time, and unique."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def now() -> str:
    """Returns the time in UTC, ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


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
    return [json.loads(path.read_text()) for path in sorted(home.runs.glob(f"*/{RECORD}"), reverse=True)]


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
