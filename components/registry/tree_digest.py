"""Folders of plain files, as models are: listed, digested, copied."""

import hashlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from configs.errors import MillraceError

DIGEST = "content_digest"  # the property in which an artifact has the digest of its files
_READ = 1 << 20
_BLOCK = 4096


def list_files(tree: Path, exclude: Collection[str] = ()) -> list[str]:
    """Return the files below a folder, relative to it and sorted.

    `exclude` names files or whole folders in the same way. Raises MillraceError on links, sockets and the like.
    """
    names = []
    for folder, folders, files in os.walk(tree, onerror=_refuse):
        for entry in (Path(folder, name) for name in (*folders, *files)):
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                what = "only plain files and folders may belong to a model."
                raise MillraceError(what, str(entry), "Replace it by what it points to.")
        names += [Path(folder, name).relative_to(tree).as_posix() for name in files]
    return sorted(name for name in names if not any(f"{name}/".startswith(f"{part}/") for part in exclude))


def tree_digest(path: Path, exclude: Collection[str] = ()) -> str:
    """Return the SHA-256 (hex) of the files that `list_files` finds: the relative path and the content of each."""
    digest = hashlib.sha256()
    for name in list_files(path, exclude):
        digest.update(os.fsencode(name) + b"\0" + file_digest(path / name))
    return digest.hexdigest()


def file_digest(path: Path) -> bytes:
    """Return the SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ):
            digest.update(block)
    return digest.digest()


def tree_size(path: Path) -> int:
    """Return the bytes that a copy of a file or folder takes on a disk of common block size."""
    sizes = [file.stat().st_size for file in _files(path)]
    return sum(-(-size // _BLOCK) * _BLOCK for size in sizes)


def count_bytes(path: Path) -> int:
    """Return the bytes that a file, or all files of a folder, hold."""
    return sum(file.stat().st_size for file in _files(path)) if path.exists() else 0


def copy(source: Path, target: Path, exclude: Collection[str] = ()) -> None:
    """Copy a file, or the files of a folder, and make sure that the copy is on the disk and equal."""
    for file in _files(source, exclude):
        copied = target / file.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)
        sync(copied)
        if file_digest(copied) != file_digest(file):
            raise MillraceError("the file changed while it was copied.", str(file), "Run again.")


def write_synced(path: Path, text: str) -> None:
    """Write a file and wait until it is on the disk."""
    path.write_text(text)
    sync(path)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(tree: Path) -> None:
    """Wait until the names in a folder and in all folders below it are on the disk."""
    for folder, _, _ in os.walk(tree, topdown=False):
        sync(Path(folder))


def _files(path: Path, exclude: Collection[str] = ()) -> list[Path]:
    return [path / name for name in list_files(path, exclude)] if path.is_dir() else [path]


def _refuse(error: OSError) -> None:
    raise error
