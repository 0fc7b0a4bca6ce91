"""Where this machine keeps copies of what lies in object stores, and what their paths are called."""

import os
import re
import tempfile
from pathlib import Path

COPIES = "MILLRACE_COPIES"  # where copies lie, for a process whose folder for temporary files is its own


def is_url(path: str) -> bool:
    """Whether a path is one of a store, such as gs://bucket/path, and not of this machine."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) is not None


def working_copies() -> str:
    """Returns the folder for temporary files that working copies lie in, or what `COPIES` in the environment names."""
    return os.environ.get(COPIES) or tempfile.gettempdir()


def copied_data() -> Path:
    """Returns the folder that the copies of data lie in, each in a folder of its scheme and one of its bucket."""
    return Path(working_copies(), f"millrace-data-{os.getuid()}")


def locate_data(path: str) -> str:
    """Returns where the copy of a URL of data lies on this machine; any other path as it is."""
    if not is_url(path):
        return path
    scheme, _, inside = path.partition("://")
    return str(copied_data().joinpath(scheme, *(part for part in inside.split("/") if part not in ("", ".", ".."))))


def name_copied(path: str) -> str | None:
    """Returns the URL of what a path is the copy of; None for what is no copy."""
    named = name_copies(path)
    return None if named == path else named


def name_copies(text: str) -> str:
    """Returns a text in which the copies of data are called by their URLs."""
    return re.sub(rf"{re.escape(str(copied_data()))}/([^/\s]+)/", r"\1://", text)
