"""What became of a run's nodes: one small file each in the run's folder, which every backend and page reads."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from configs.errors import BY_EXIT_CODE, DataRejected, MillraceError, NotBlessed, PipelineBusy
from configs.home import Home
from pipelines.runs.directory import write_file
from pipelines.runs.run import Run

SUCCESSES = ("done", "cached")
VERDICTS = (DataRejected.exit_code, NotBlessed.exit_code, PipelineBusy.exit_code)
LISTED, KEYED = ("inputs", "outputs"), ("digests", "types", "sizes")  # parts of an outcome that say where artifacts lie


@dataclass(frozen=True)
class Outcome:
    """How one node of one run ended."""

    node: str
    state: str  # done, cached, failed
    seconds: float = 0.0
    text: str = ""  # the figure that matters
    details: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[str]] = field(default_factory=dict)  # where each artifact lies
    digests: Mapping[str, str] = field(default_factory=dict)  # of each artifact's files, by where it lies
    error: Mapping[str, Any] | None = None  # exit_code, what, where, remedy
    cpu: float | None = None  # CPU seconds here, with those of the processes that it started; None if not known
    memory: int | None = None  # bytes that the largest of its processes held at most; None where that is not known
    execution: int | None = None  # its number in the metadata store
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)  # where each artifact lies that it read
    types: Mapping[str, str] = field(default_factory=dict)  # of each artifact that it made, by where it lies
    sizes: Mapping[str, int] = field(default_factory=dict)  # the bytes of their files
    engine: str | None = None  # the runner of the Beam engine that did its work, whose CPU is no part of `cpu`

    @property
    def succeeded(self) -> bool:
        return self.state in SUCCESSES

    @property
    def is_verdict(self) -> bool:
        """Whether the run ends with it, without another try: the data was rejected, the model was not blessed, or
        another run holds the pipeline.
        """
        return self.error is not None and self.error["exit_code"] in VERDICTS


def failure(node: str, error: MillraceError, seconds: float = 0.0) -> Outcome:
    """Returns the outcome of a node that ended with an error."""
    description = as_data(error) | {"where": error.where or node}
    text, details = error.what.splitlines()[0], dict(error.details)
    return Outcome(node, "failed", seconds, text=text, details=details, error=description)


def as_data(error: MillraceError) -> dict[str, Any]:
    """Returns an error as plain data."""
    return {"exit_code": error.exit_code, "what": error.what, "where": error.where, "remedy": error.remedy}


def as_error(description: Mapping[str, Any]) -> MillraceError:
    """Returns the error that an outcome describes."""
    return BY_EXIT_CODE[description["exit_code"]](description["what"], description["where"], description["remedy"])


def write_outcome(run: Run, outcome: Outcome) -> None:
    """Records the outcome; a reader sees all of it or nothing.

    Where its artifacts lie is told from the pipeline's home on: another machine may have that elsewhere.
    """
    run.outcomes.mkdir(parents=True, exist_ok=True)
    write_file(run.outcome(outcome.node), json.dumps(asdict(_move(outcome, lambda uri: _leave(run.home, uri)))))


def read_outcomes(run: Run) -> dict[str, Outcome]:
    """Returns the outcomes recorded so far, by node; one that cannot be read is none."""
    outcomes = {}
    for file in run.outcomes.glob("[!.]*.json"):
        with suppress(OSError, ValueError, TypeError):
            outcomes[file.stem] = _move(Outcome(**json.loads(file.read_text())), lambda uri: locate(run.home, uri))
    return outcomes


def locate(home: Home, uri: str) -> str:
    """Returns where an artifact lies here; a record may name the place where it was made, on a machine that has the
    home elsewhere.
    """
    tail = uri.rpartition(f"/{home.artifacts.name}/")[2] if Path(uri).is_absolute() else ""
    return str(home.artifacts / tail if tail else home.root / uri)


def _move(outcome: Outcome, place: Callable[[str], str]) -> Outcome:
    moved: dict[str, Any] = {}
    for part in LISTED:
        moved[part] = {name: [place(uri) for uri in uris] for name, uris in getattr(outcome, part).items()}
    for part in KEYED:
        moved[part] = {place(uri): known for uri, known in getattr(outcome, part).items()}
    return replace(outcome, **moved)


def _leave(home: Home, uri: str) -> str:
    return Path(uri).relative_to(home.root).as_posix() if Path(uri).is_relative_to(home.root) else uri
