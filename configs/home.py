"""Where a pipeline keeps what it leaves: one folder below the storage root."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

COPIES = "MILLRACE_COPIES"  # where working copies lie, for a process whose folder for temporary files is its own


def is_url(path: str) -> bool:
    """Whether a path is one of a store, such as gs://bucket/path, and not of this machine."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) is not None


def working_copies() -> str:
    """Returns the folder for temporary files that working copies lie in, or what `COPIES` in the environment names."""
    return os.environ.get(COPIES) or tempfile.gettempdir()


@dataclass(frozen=True)
class Home:
    """The folder of one pipeline, and what lies in it; with `store`, a URL, it is a working copy of what lies there."""

    root: Path
    store: str | None = None

    @classmethod
    def below(cls, root: str, pipeline: str) -> "Home":
        """Returns the home of a pipeline below a storage root.

        That of a URL is a folder for temporary files: the same in every container, as metadata names what lies in it.
        """
        if not is_url(root):
            return cls(Path(root) / pipeline)
        root = root.rstrip("/")
        readable = re.sub(r"[^A-Za-z0-9.-]+", "-", root).strip("-")
        copy = f"{readable}-{hashlib.sha256(root.encode()).hexdigest()[:8]}"
        return cls(Path(working_copies(), "millrace", copy, pipeline), f"{root}/{pipeline}")

    def address(self, path: Path) -> str:
        """Returns where others find a file or folder of it: its URL in the store, else its path."""
        return f"{self.store}/{path.relative_to(self.root).as_posix()}" if self.store else str(path)

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
    def settled(self) -> Path:
        """What the last run that ended well depended on and left, by digests."""
        return self.root / "settled.json"

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
