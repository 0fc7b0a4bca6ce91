"""Where a pipeline keeps what it leaves: one folder below the storage root."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from configs.copies import is_url, working_copies
from configs.errors import ConfigError

WORKSPACE = "workspace"  # what the folder of all pipelines is called, where no config says so
TRACES = ("runs", "serving", "lock")  # what tells the folder of a pipeline from any other


def find_workspace(folder: Path) -> Path:
    """Returns the workspace of the YAMLs in a folder: the nearest above that pipelines work in, else one beside them.

    It is found as git finds .git; another project's folder of the same name is none.
    """
    found = (place / WORKSPACE for place in (folder, *folder.parents) if _is_workspace(place / WORKSPACE))
    return next(found, folder / WORKSPACE)


def _is_workspace(folder: Path) -> bool:
    try:
        return any((place / trace).exists() for place in folder.iterdir() for trace in TRACES)
    except OSError:  # it is not there, or not ours to read
        return False


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

    @classmethod
    def at(cls, place: str) -> "Home":
        """Returns the home that a folder or a URL is: a pipeline's name below its storage root."""
        if not is_url(place):
            return cls(Path(place).absolute())
        return cls.below(*place.rstrip("/").rsplit("/", 1))

    @property
    def name(self) -> str:
        """The pipeline's."""
        return self.root.name

    def refuse_links(self) -> None:
        """Raises ConfigError for a symbolic link in it: what that points to would be written, cut or removed."""
        for folder in (self.root, self.artifacts, self.checkpoints, self.runs):
            for place in folder.iterdir() if folder.is_dir() else ():
                if place.is_symlink():
                    raise ConfigError(
                        f"A pipeline's folder may hold no links, and this one leads to {os.readlink(place)}.",
                        where=str(place),
                        remedy="Put in its place what it leads to; storage.root itself may lie anywhere.",
                    )

    def mention_another(self, current: Path) -> str:
        """Returns a sentence on another folder of this pipeline that a folder is nearer to; an empty text without."""
        places = (place / WORKSPACE / self.root.name for place in (current, *current.parents))
        other = next((place for place in places if any((place / trace).exists() for trace in TRACES)), self.root)
        if self.store is not None or other == self.root:
            return ""
        return f"{other} is of a pipeline of this name, too; `storage: {{root: {other.parent}}}` uses it."

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
    def seal(self) -> Path:
        """The digest of that file as the last run left it."""
        return self.root / "metadata.sha256"

    @property
    def serving(self) -> Path:
        """The versions: what a model server polls."""
        return self.root / "serving"

    @property
    def history(self) -> Path:
        """One line for every change of what is in service."""
        return self.root / "history.jsonl"

    @property
    def challenger(self) -> "Home":
        """A registry of its own, which no server polls: whose newest version waits to take the place of ours."""
        return Home(self.root / "challenger", self.store and f"{self.store}/challenger")

    @property
    def checkpoints(self) -> Path:
        """What trainings that have not ended go on from, a folder for each."""
        return self.root / "checkpoints"

    @property
    def lock(self) -> Path:
        """Held by the run in progress; names it."""
        return self.root / "lock"

    @property
    def requests(self) -> Path:
        """What a server was asked and has answered, where it keeps a log of that."""
        return self.root / "requests"

    @property
    def looks(self) -> Path:
        """One line for every look at how the version in service does, as `millrace monitor` takes it.

        Of challengers, one for what became of each.
        """
        return self.root / "looks.jsonl"

    @property
    def monitor_page(self) -> Path:
        """Those looks, drawn over time."""
        return self.root / "monitor.html"

    @property
    def settled(self) -> Path:
        """What the last run that ended well depended on and left, by digests."""
        return self.root / "settled.json"

    @property
    def schedule(self) -> Path:
        """What its schedule remembers: up to when it is dealt with, and whether it is paused."""
        return self.root / "schedule.json"

    @property
    def notify(self) -> Path:
        """What somebody has been told of, and what could not be delivered yet."""
        return self.root / "notify.json"

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
