"""A process that asks one pipeline's schedule, and runs it if it is due: `millrace run CONFIG --if-due`."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from configs.errors import MillraceError
from pipelines.runs.outcomes import as_error

LAST = 500  # characters of what a process said that gave no answer
LOOK_UP = "The daemon's log has what it said."


@dataclass(frozen=True)
class Answer:
    """What came of asking: the decision, and how the run ended, if there was one."""

    exit_code: int
    text: str
    decided: bool = False  # without it no answer came, or an error in its place
    run: str | None = None
    ask_at: datetime | None = None
    error: MillraceError | None = field(default=None, compare=False)  # why there is none


class Asking(Protocol):
    """Somebody who was sent to ask."""

    def poll(self) -> Answer | None:
        """Returns the answer once it is there."""

    def stop(self) -> None:
        """Asks for an end, which a run takes as a signal to leave things so that it can be gone on with."""

    def end(self, patience: float) -> None:
        """Waits for the end so many seconds, and then makes one."""


class Process:
    """A process of its own, which outlives a daemon that is killed: its run ends as it would have."""

    def __init__(self, path: Path) -> None:
        self.files = ExitStack()
        self.output = self.files.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115
        self.errors = self.files.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115
        command = [sys.executable, "-m", "pipelines", "run", str(path), "--if-due", "--output", "json"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.errors, start_new_session=True
        )

    def poll(self) -> Answer | None:
        code = self.process.poll()
        if code is None:
            return None
        with self.files:
            return read_answer(code, _read(self.output), _read(self.errors))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self, patience: float) -> None:
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def begin_asking(path: Path) -> Asking:
    """Sends a process to ask the pipeline of a config."""
    return Process(path)


def read_answer(exit_code: int, output: str, errors: str) -> Answer:
    """Returns what a process has answered that ended with this code."""
    try:
        said: dict[str, Any] = json.loads(output)
        error = as_error(said["error"]) if said.get("error") else None
        if error and "decision" not in said:
            return Answer(exit_code, str(error), error=error)
        return _read_record(said, error)
    except (ValueError, LookupError, TypeError, AttributeError):
        text = errors.strip()[-LAST:] or "it said nothing"
        ended = f"its process ended with {exit_code}"
        return Answer(exit_code, f"{ended}: {text}", error=MillraceError(f"{ended}.", remedy=LOOK_UP))


def _read_record(record: dict[str, Any], error: MillraceError | None) -> Answer:
    """Returns the answer that a run's record holds, or what stands for it where none was due."""
    decision, run = record["decision"], record["run"]
    ask_at = datetime.fromisoformat(decision["ask_at"]) if decision["ask_at"] else None
    if run is None:
        return Answer(0, decision["text"], True, None, ask_at)
    published = f"version {record['published']} published" if record["published"] else "nothing new was published"
    came = f"it ended with {record['exit_code']}: {error}" if error else published
    return Answer(record["exit_code"], f"{decision['text']}; run {run}: {came}", True, run, ask_at)


def _read(file: Any) -> str:
    file.seek(0)
    return str(file.read())
