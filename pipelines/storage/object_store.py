"""Object stores: what s3://, gs:// and other URLs of fsspec stand for, and what their errors mean to a person."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configs.errors import ConfigError, MillraceError

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem

STRANGERS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError")


class Store:
    """A folder in a store; a name is the path of a file in it, relative to the folder."""

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs  # only here: a pipeline on this machine need not wait for it

        found = url_to_fs(url, use_listings_cache=False)  # what others put is to be seen
        self.files: AbstractFileSystem = found[0]
        self.base = str(found[1]).rstrip("/")

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
    try:
        yield Store(url)
    except MillraceError:
        raise
    except Exception as error:  # every kind of store has errors of its own
        raise explain(url, error) from error


def explain(url: str, error: Exception) -> MillraceError:
    """Returns what to tell of an error that a store ended with."""
    said = (next(iter(str(error).strip().splitlines()), "") or type(error).__name__).rstrip(".")
    if isinstance(error, ImportError | ValueError) and "protocol" in said.lower():
        return ConfigError(
            f"This is no store that is known: {said}.", url, "Let storage.root begin with gs:// or s3://."
        )
    if type(error).__name__ in STRANGERS:
        return MillraceError(f"There are no credentials for this store: {said}.", url, "Give this machine an account.")
    if isinstance(error, PermissionError):
        what = f"This account may not do that in the store: {said}."
        return MillraceError(what, url, "Let it list, read, write and delete what lies there.")
    if isinstance(error, FileNotFoundError):
        return MillraceError(f"The store is not there: {said}.", url, "Create the bucket, or correct storage.root.")
    what = f"The store cannot be used: {type(error).__name__}: {said}."
    return MillraceError(what, url, "See that it can be reached, and run again.")
