"""Where the rows come from: the files that `data.path` stands for."""

import contextlib
import csv
import glob
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from configs.errors import DataRejected
from configs.samples import catalog
from configs.schema.data import SPAN

FOLDER = "*"
SUFFIXES = {
    "csv": (".csv",),
    "parquet": (".parquet",),
    "jsonl": (".jsonl",),
    "tfrecord": (".tfrecord", ".tfrecord.gz"),
    "images": (".csv",),
    "text": (".txt",),
}
ITEMS = {"images": (".png", ".jpg", ".jpeg"), "text": (".txt",)}  # formats of which a folder may hold a row a file


def find_data(path: str) -> tuple[str, str]:
    """Return the folder of `data.path` (a file, a folder, a glob or sample://NAME), and a glob for what is in it."""
    path = str(catalog.resolve(path))
    if os.path.isdir(path):
        return path, FOLDER
    base, name = os.path.split(path)
    if os.path.exists(path) or not _is_pattern(path):
        return base, glob.escape(name)
    while _is_pattern(base):
        base = os.path.dirname(base)
    return base, os.path.relpath(path, base)


def _is_pattern(path: str) -> bool:
    return glob.has_magic(path) or SPAN.search(path) is not None


def list_files(base: str, pattern: str, format: str = "csv") -> list[str]:
    """Return the data files that `pattern` matches below `base`, in order, without hidden ones and READMEs.

    Those of images and texts may be folders, one a class; a table of images stands for those it names. The pattern of a
    whole folder ends with `FOLDER`; then anything else in it than the format has is refused by name.
    """
    inside, name = os.path.split(pattern)
    found = sorted(glob.glob(os.path.join(glob.escape(base), pattern)))
    files = [path for path in found if is_shown(path)]
    ends, part = SUFFIXES[format], " or ".join(SUFFIXES[format])
    if format == "images" and any(path.endswith(ends) for path in files):
        files = [path for path in files if path.endswith(ends)]
    stray = next((p for p in files if not p.endswith(ends) and not (format in ITEMS and os.path.isdir(p))), None)
    if stray and name == FOLDER:
        what = f"This is in the data folder but is not a {part} file."
        raise DataRejected(what, stray, "Move it, let its name begin with `_`, or correct data.format.")
    if files:
        return files
    if name == FOLDER:
        folder = os.path.join(base, inside) if inside else base
        raise DataRejected(f"The data folder holds no {part} file.", folder, "Put one there, or correct data.path.")
    what = "No file matches." if glob.has_magic(re.sub(r"\[[*?[]\]", "", pattern)) else "There is no such file."
    raise DataRejected(what, os.path.join(base, pattern), "Correct data.path.")


def find_form(path: str, format: str) -> str:
    """Return how a data file is read: as its format says, but for a table of images, and a file of lines of text."""
    return format if os.path.isdir(path) else {"images": "csv", "text": "lines"}.get(format, format)


def list_items(folder: str, format: str) -> list[str]:
    """Return the images or texts in the folder of a class, in order; raise DataRejected for one that is neither."""
    paths = (os.path.join(root, name) for root, _, names in os.walk(folder) for name in names)
    items = sorted(path for path in paths if is_shown(path))
    stray = next((path for path in items if not path.lower().endswith(ITEMS[format])), None)
    if stray:
        what = f"This is in the folder of a class but is not a {' or '.join(ITEMS[format])} file."
        raise DataRejected(what, stray, "Move it, or let its name begin with `_`.")
    return items


def list_parts(path: str, format: str) -> list[str]:
    """Return all files that a data file stands for: itself; those in a folder; the images that a table names."""
    if os.path.isdir(path):
        return list_items(path, format)
    if format != "images":
        return [path]
    with open_bytes(path), open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        named = {cell for row in csv.reader(file) for cell in row if cell.lower().endswith(ITEMS[format])}
    found = {os.path.join(os.path.dirname(path), name) for name in named}
    return [path, *sorted(filter(os.path.isfile, found))]


def is_shown(path: str) -> bool:
    """Whether a file may be data: hidden ones, READMEs and what begins with `_` are not."""
    return not os.path.basename(path).startswith((".", "_", "README"))


def find_folder(path: str, format: str) -> str | None:
    """Return the folder that names of images in a data file are relative to; None where cells cannot be such names."""
    return os.path.dirname(path) if format == "images" else None


@contextlib.contextmanager
def open_bytes(path: str) -> Iterator[BinaryIO]:
    """Open a data file, and raise DataRejected where it cannot be read."""
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise DataRejected(f"The file cannot be read ({error.strerror}).", path, "Correct it, or data.path.") from None
