"""One run of a pipeline: its id, and where what it leaves lies."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from configs.clock import utc_now
from configs.errors import ConfigError
from configs.home import Home

RECORD = "run.json"
NUMBER = "number.txt"
STARTED = "started.txt"
DECISION = "decision.json"


def new_id() -> str:
    """Returns the id of a run that starts now: in order of time, and unique also among many of one second."""
    return f"{utc_now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Run:
    """One run of the pipeline of a home; raises ConfigError unless the id can name a folder there, and no other."""

    home: Home
    id: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", self.id):
            raise ConfigError(
                f"{self.id!r} is no run id.",
                where="--run-id",
                remedy="It is at most 128 of A-Z, a-z, 0-9, _, . and -, and begins with a letter or a digit.",
            )

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return self.home.run(self.id)

    @property
    def started(self) -> Path:
        """When it began."""
        return self.folder / STARTED

    @property
    def number(self) -> Path:
        """Which run of the pipeline it is: one more than any before it, whatever the clock says."""
        return self.folder / NUMBER

    @property
    def config(self) -> Path:
        """The config that it runs, without the metadata store, whose URL may hold a password."""
        return self.folder / "config.json"

    @property
    def decision(self) -> Path:
        """Why its schedule let it begin; one that a person began has none."""
        return self.folder / DECISION

    @property
    def log(self) -> Path:
        """What its nodes wrote to standard output and error."""
        return self.folder / "log.txt"

    def node_log(self, node: str) -> Path:
        """What one node wrote that ran on a machine of its own."""
        return self.folder / f"{node}.log"

    @property
    def call(self) -> Path:
        """Where those find its Trainer that are to train along in pods of their own, while it waits for them."""
        return self.folder / ".workers.json"

    @property
    def reserve(self) -> Path:
        """Room on the disk that is kept, while it goes on, for how it ends."""
        return self.folder / ".reserve"

    @property
    def outcomes(self) -> Path:
        """A small file for each node that ended."""
        return self.folder / "nodes"

    def outcome(self, node: str) -> Path:
        """How one node ended."""
        return self.outcomes / f"{node}.json"

    @property
    def record(self) -> Path:
        """How it ended, with all nodes."""
        return self.folder / RECORD

    @property
    def report(self) -> Path:
        """The page that shows it."""
        return self.folder / "report.html"

    @property
    def figures(self) -> Path:
        """The figures of that page as data."""
        return self.folder / "report.json"

    @property
    def card(self) -> Path:
        """The card of its model, in Markdown."""
        return self.folder / "model_card.md"

    @property
    def tensorboard(self) -> Path:
        """What TensorBoard shows of its training."""
        return self.home.tensorboard(self.id)
