"""What a config names of its user's own files: a layer of the image has them, where a step looks for them."""

import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.readers.files import list_files as list_data_files
from components.readers.files import list_parts, open_data
from configs.errors import ConfigError
from configs.repository import ROOT
from configs.schema.config import Config
from configs.schema.spans import glob_all

FOLDER = "own"  # of the image: the folder of a config that does not lie in the repository
LARGEST = 100_000_000  # bytes in an image, which each machine of the cluster fetches


@dataclass(frozen=True)
class Place:
    """A folder of this machine, and what it is called in the image, from the folder that a step works in."""

    folder: Path
    name: str = ""

    @classmethod
    def of(cls, path: str) -> "Place":
        """Returns the folder that the files a config names lie in: the repository, or else the config's own."""
        if Path(path).resolve().is_relative_to(ROOT):
            return cls(ROOT)
        return cls(Path(os.path.abspath(path)).parent, FOLDER)

    def holds(self, path: str) -> bool:
        """Whether a path, absolute and without .., lies in it."""
        return Path(path).is_relative_to(self.folder)

    def rename(self, path: str | Path) -> str:
        """Returns what a file of it is called in the image."""
        return Path(self.name, Path(path).relative_to(self.folder)).as_posix()


@dataclass(frozen=True)
class OwnFiles:
    """The files, by what they are called in the image."""

    files: Mapping[str, Path]

    @property
    def digest(self) -> str:
        """That of their names and bytes; none of none."""
        content = hashlib.sha256()
        for name, path in sorted(self.files.items()):
            content.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
        return content.hexdigest() if self.files else ""

    @contextmanager
    def gathered(self) -> Iterator[Path]:
        """Yields a folder, for as long as it is needed, that holds them and nothing else, for anybody to read."""
        with tempfile.TemporaryDirectory(prefix="millrace-own-") as folder:
            for name, path in self.files.items():
                copy = Path(folder, name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            for place in (folder, *glob.glob(f"{folder}/**", recursive=True)):
                os.chmod(place, 0o755 if os.path.isdir(place) else 0o644)
            yield Path(folder)


def list_files(section: str, key: str, config: Config) -> list[Path]:
    """Returns the files that a key of the config names: as the data, those that a run would read, of all spans.

    Raises DataRejected where the data is not there, or where something else lies in its folder.
    """
    path = getattr(getattr(config, section), key)
    if (section, key) != ("data", "path"):
        return [Path(path)] if os.path.isfile(path) else []
    base, pattern = open_data(path)
    found = list_data_files(base, glob_all(pattern), config.data.format)
    return [Path(part) for part in list_parts(found, config.data.format, config.data.dialect)]


def refuse_more(files: OwnFiles, where: str) -> None:
    """Raises ConfigError where they are more than an image should hold."""
    size = sum(path.stat().st_size for path in files.files.values())
    if size > LARGEST:
        what = f"names {size:,} bytes of files, and an image takes {LARGEST:,} along"
        raise ConfigError(what, where, "Put the data on a volume of the step, or name a URL like gs://.")
