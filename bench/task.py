"""What a contestant is asked, and what it answers: both travel as JSON, since each runs in a process of its own."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

ANSWER = "answer.json"


@dataclass(frozen=True)
class Task:
    """Train on one file, for so many steps, in a folder of one's own."""

    train: str
    heldout: str
    folder: str
    seed: int
    steps: int = 1000
    batch_size: int = 40

    @classmethod
    def given(cls) -> "Task":
        """Returns the task that this process was started with."""
        return cls(**json.loads(sys.argv[1]))

    def command(self, module: str) -> list[str]:
        """Returns the command that has a module do the task."""
        return [sys.executable, "-m", module, json.dumps(asdict(self))]


@dataclass(frozen=True)
class Answer:
    """CPU seconds by component, and what was trained: a SavedModel with the schema of its rows, or an AUC."""

    parts: Mapping[str, float]
    auc: float | None = None
    model: str | None = None
    schema: str | None = None

    def write(self, task: Task) -> None:
        Path(task.folder, ANSWER).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, task: Task) -> "Answer":
        return cls(**json.loads(Path(task.folder, ANSWER).read_text()))


@dataclass
class Stopwatch:
    """CPU seconds by component, with those of the processes that it started."""

    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, component: str) -> Iterator[None]:
        """Adds what the block uses to the component."""
        before = sum(os.times()[:4])
        yield
        self.parts[component] = self.parts.get(component, 0.0) + sum(os.times()[:4]) - before
