"""Where the rows come from: the files that `data.path` stands for."""

import contextlib
import glob
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from configs import samples
from configs.errors import DataRejected

FOLDER = "*"


def find_data(path: str) -> tuple[str, str]:
    """Return the folder of `data.path` (a file, a folder, a glob or sample://NAME), and a glob for what is in it."""
    path = str(samples.resolve(path))
    if os.path.isdir(path):
        return path, FOLDER
    base, name = os.path.split(path)
    if os.path.exists(path) or not glob.has_magic(path):
        return base, glob.escape(name)
    while glob.has_magic(base):
        base = os.path.dirname(base)
    return base, os.path.relpath(path, base)


def list_files(base: str, pattern: str, format: str = "csv") -> list[str]:
    """Return the data files that `pattern` matches below `base`, in order, without hidden ones and READMEs.

    The pattern of a whole folder is `FOLDER`; then anything whose name does not end in the format is refused by name.
    """
    found = sorted(glob.glob(os.path.join(glob.escape(base), pattern)))
    files = [path for path in found if not os.path.basename(path).startswith((".", "_", "README"))]
    stray = next((path for path in files if not path.endswith(f".{format}")), None)
    if stray and pattern == FOLDER:
        what = f"This is in the data folder but is not a .{format} file."
        raise DataRejected(what, stray, "Move it, let its name begin with `_`, or correct data.format.")
    if files:
        return files
    if pattern == FOLDER:
        raise DataRejected(f"The data folder holds no .{format} file.", base, "Put one there, or correct data.path.")
    what = "No file matches." if glob.has_magic(re.sub(r"\[[*?[]\]", "", pattern)) else "There is no such file."
    raise DataRejected(what, os.path.join(base, pattern), "Correct data.path.")


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
