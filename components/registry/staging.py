"""What is made in the registry's folder before it has a number: under a lock and a name that servers skip.

There are two places. Under one, what is in service changes; in the other a candidate is copied and asked, which may
take minutes, and holds up nobody who changes what is in service.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from components.registry.door import Candidate
from components.registry.file_lock import hold_file
from components.registry.tree_digest import copy, tree_size
from components.registry.versions import EXTRA, MANIFEST, OF_ROWS
from configs.errors import FULL, MillraceError, PipelineBusy
from configs.home import Home

LOCK_SECONDS = 60.0  # a rollback holds the registry while its version is asked


@dataclass(frozen=True)
class Place:
    """A lock, and how what is staged under it is called."""

    lock: str
    prefix: str


CHANGE, CANDIDATE = Place(".lock", ".staging-"), Place(".door", ".candidate-")


@contextmanager
def held(home: Home, place: Place) -> Iterator[None]:
    """Hold a place alone; what lies there goes before, since a killed predecessor left it, and afterwards."""
    home.refuse_links()
    try:
        home.serving.mkdir(parents=True, exist_ok=True)
        with hold_file(home.serving / place.lock, LOCK_SECONDS):
            clear(home, place)
            try:
                yield
            finally:
                with suppress(OSError):  # the next one clears it
                    clear(home, place)
    except BlockingIOError as error:
        what = "another process is changing what is in service."
        raise PipelineBusy(what, str(home.serving), "Try again when it has ended.") from error
    except OSError as error:
        what = f"what is in service could not be changed: {error}."
        raise MillraceError(what, str(home.serving), "Make it writable, make room, and try again.") from error


def clear(home: Home, place: Place) -> None:
    """Remove what is staged in a place."""
    for leftover in home.serving.glob(f"{place.prefix}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def stage(home: Home, place: Place, candidate: Candidate, run: str) -> Path:
    """Return a copy of a candidate, with all that it carries."""
    staging = home.serving / f"{place.prefix}{re.sub('[^A-Za-z0-9_.-]', '_', run)}-{os.getpid()}"
    copy(candidate.model, staging, exclude=[MANIFEST])
    for name, path in candidate.extras.items():
        if not re.fullmatch("[A-Za-z0-9_-][A-Za-z0-9_.-]*", name) or f"{EXTRA}/{name}" == MANIFEST:
            raise MillraceError(f"{name!r} cannot name what a version carries.", str(path), "Choose a plain file name.")
        copy(path, staging / EXTRA / name, exclude=[OF_ROWS])
    (staging / EXTRA).mkdir(exist_ok=True)
    return staging


@contextmanager
def explained(home: Home, place: Place, candidate: Candidate, number: int) -> Iterator[None]:
    """Say of a candidate that did not become the version of this number what the disk refused."""
    try:
        yield
    except OSError as error:
        clear(home, place)
        raise _refusal(home, candidate, number, error) from error


def _refusal(home: Home, candidate: Candidate, number: int, error: OSError) -> MillraceError:
    if error.errno not in FULL:
        what = f"version {number} was not published: {error.strerror}."
        return MillraceError(what, str(error.filename or home.serving), "Mend this and run again.")
    needed = sum(map(tree_size, (candidate.model, *candidate.extras.values())))
    free = shutil.disk_usage(home.serving).free
    what = f"version {number} was not published: the disk is full; it needs {needed:,} bytes, and {free:,} are free."
    return MillraceError(what, str(home.serving), "Free some space and run again.")
