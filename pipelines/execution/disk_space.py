"""Room on the disk: whether a run finds what the last one needed, and what is said of a node that has filled it up."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from components.registry.tree_digest import tree_size
from configs.errors import FULL, MillraceError
from configs.home import Home
from pipelines.runs.directory import read_records
from pipelines.runs.run import Run

SIGNS = ("No space left on device", "database or disk is full", "Disk quota exceeded")
LOW = 1 << 20  # bytes: an error that nobody foresaw, with less than this free, is that of a full disk
RESERVE = 1 << 20  # bytes that a run keeps, to be able to say how it ended
REMEDY = "Free some space, for example by `millrace clean CONFIG`, which leaves what is in service, and run again."


def require_space(home: Home) -> None:
    """Raises MillraceError unless as much is free as the artifacts of the last run that ended well take."""
    record = next((record for record in read_records(home) if record["exit_code"] == 0), None)
    if record is None:
        return
    needed, left = sum(map(_size, set(_list_outputs(record)))), free(home.root)
    if left < needed:
        what = f"The run may fill the disk: run {record['run']} left {needed:,} bytes, and {left:,} are free."
        raise MillraceError(what, str(home.root), REMEDY)


def free(folder: Path) -> int:
    """Returns how many bytes the disk has free on which a folder lies, or will."""
    return shutil.disk_usage(next(place for place in (folder, *folder.absolute().parents) if place.exists())).free


def set_aside(run: Run) -> None:
    """Keeps some of the disk, as far as there is any, for the records of the run's end; a killed run's is freed."""
    for left in run.home.runs.glob(f"*/{run.reserve.name}"):
        left.unlink(missing_ok=True)
    with suppress(OSError), run.reserve.open("wb") as file:
        file.write(os.urandom(RESERVE))  # which no file system compresses


def release(run: Run) -> None:
    """Gives up what was set aside."""
    run.reserve.unlink(missing_ok=True)


def is_full(error: BaseException, home: Home) -> bool:
    """Whether an error, or one that it came of, is that of a full disk."""
    chain = list(_unfold(error))
    signs = any(sign in str(each) for each in chain for sign in SIGNS)
    return signs or any(isinstance(each, OSError) and each.errno in FULL for each in chain) or free(home.root) < LOW


def explain_full(node: str, run: Run) -> MillraceError:
    """Returns what to say of a node that has filled the disk: what is free, and what it needed when it last ran.

    It is to be asked before what was set aside is released.
    """
    last = next((record for record in read_records(run.home) if record["exit_code"] == 0), None)
    outputs = set(_list_outputs(last, node)) if last else set()
    needed = f"; it left {sum(map(_size, outputs)):,} bytes in run {last['run']}" if last and outputs else ""
    folder = run.home.artifacts / node
    what = f"{node} has filled the disk: {free(run.home.root):,} bytes are free{needed}."
    return MillraceError(what, str(folder if folder.exists() else run.home.root), REMEDY)


def _list_outputs(record: Mapping[str, Any], node: str | None = None) -> Iterator[str]:
    for outcome in record["nodes"]:
        if node in (None, outcome["node"]):
            for places in outcome["outputs"].values():
                yield from places


def _size(place: str) -> int:
    return tree_size(Path(place)) if os.path.exists(place) else 0


def _unfold(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
