"""Where a pipeline keeps what it leaves: one folder below the storage root."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folder of one pipeline, and what lies in it."""

    root: Path

    @property
    def artifacts(self) -> Path:
        """What the nodes made, a folder for each node."""
        return self.root / "artifacts"

    @property
    def metadata(self) -> Path:
        """The metadata store, in SQLite."""
        return self.root / "metadata.db"

    @property
    def serving(self) -> Path:
        """The versions: what a model server polls."""
        return self.root / "serving"

    @property
    def history(self) -> Path:
        """One line for every change of what is in service."""
        return self.root / "history.jsonl"

    @property
    def checkpoints(self) -> Path:
        """What trainings that have not ended go on from, a folder for each."""
        return self.root / "checkpoints"

    @property
    def lock(self) -> Path:
        """Held by the run in progress; names it."""
        return self.root / "lock"

    @property
    def runs(self) -> Path:
        """A folder for each run."""
        return self.root / "runs"

    def run(self, run_id: str) -> Path:
        """The folder of one run: log.txt, run.json, report.html and a record for each node."""
        return self.runs / run_id

    def tensorboard(self, run_id: str) -> Path:
        """What TensorBoard shows of the training of a run."""
        return self.run(run_id) / "tensorboard"
