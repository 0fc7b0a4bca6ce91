"""A folder in an object store: its files, and how they are fetched, put and removed."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configs.object_stores import ROOT, open_files

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem


class Store:
    """A folder in a store; a name is the path of a file in it, relative to the folder."""

    def __init__(self, files: "AbstractFileSystem", base: str) -> None:
        self.files, self.base = files, base

    def list(self, part: str) -> dict[str, int]:
        """Returns the size of each file below a folder, or that of a file."""
        found: Mapping[str, Mapping[str, Any]] = self.files.find(self._path(part), detail=True)
        return {path[len(self.base) + 1 :]: int(info["size"] or 0) for path, info in found.items()}

    def read(self, name: str) -> bytes | None:
        """Returns the content of a file, None where there is none."""
        with suppress(FileNotFoundError):
            return self.files.cat_file(self._path(name))
        return None

    def write(self, name: str, content: bytes) -> None:
        """Writes a file; a reader sees all of it or what was there before."""
        self.files.pipe_file(self._path(name), content)

    def fetch(self, names: Iterable[str], root: Path) -> None:
        """Brings files to the same places below a folder of this machine; who reads one sees all of it."""
        drafts = {name: root / name for name in names}
        drafts = {name: path.with_name(f".{path.name}-{secrets.token_hex(4)}") for name, path in drafts.items()}
        for path in drafts.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        if drafts:
            self.files.get([self._path(name) for name in drafts], [str(path) for path in drafts.values()])
        for name, path in drafts.items():
            path.rename(root / name)

    def put(self, names: Iterable[str], root: Path) -> None:
        """Puts files from the same places below a folder of this machine."""
        if wanted := list(names):
            self.files.put([str(root / name) for name in wanted], [self._path(name) for name in wanted])

    def remove(self, names: Iterable[str]) -> None:
        """Removes files."""
        if paths := [self._path(name) for name in names]:
            self.files.rm(paths)

    def _path(self, name: str) -> str:
        return f"{self.base}/{name}"


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """Opens a folder of a store; what goes wrong with it meanwhile is told in one paragraph."""
    with open_files(url, ROOT) as (files, base):
        yield Store(files, base)
