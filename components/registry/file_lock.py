"""A lock that one process of this machine holds: on a file, and gone with the process, however that ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

PAUSE = 0.05  # seconds between two tries


@contextmanager
def hold_file(path: Path, patience: float = 0.0) -> Iterator[TextIO]:
    """Yields the file, made if need be and open for appending, while this process alone holds it.

    `patience` is in seconds; raises BlockingIOError where another process holds it for longer, OSError for a link,
    since whoever holds the file may cut what the link points to.
    """
    deadline = time.monotonic() + patience
    with open(path, "a+", opener=_open) as file:
        while not _take(file):
            if time.monotonic() >= deadline:
                raise BlockingIOError(f"Another process holds {path}.")
            time.sleep(PAUSE)
        yield file


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, mode=0o666)


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
