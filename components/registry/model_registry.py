"""The registry of versions in service: publish, history, rollback, promote.

A version is a folder `serving/<integer>`, and the highest is in service, as TF Serving has it: there is no pointer.
What is added is staged under a name that servers skip, and renamed once it is whole.
"""

import errno
import getpass
import json
import os
import re
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from components.registry.file_lock import hold_file
from components.registry.tree_digest import copy, list_files, sync, sync_folders, tree_digest, tree_size, write_synced
from components.registry.versions import (
    EXTRA,
    MANIFEST,
    Version,
    as_line,
    earlier,
    history,
    in_service,
    intact,
    list_folders,
    read_version,
    versions,
)
from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.home import Home

__all__ = [
    "EXTRA",
    "Published",
    "Record",
    "TOLD",
    "Version",
    "earlier",
    "history",
    "in_service",
    "promote",
    "publish",
    "require_writable",
    "rollback",
    "tree_digest",
    "versions",
]

LOCK_SECONDS = 10.0
TOLD = {
    True: "version {} published",
    False: "nothing new: version {} is this model",
}  # of a version that is new, or not
_STAGING = ".staging-"


def _whoami() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


@dataclass(frozen=True)
class Record:
    """What to remember of a publication: the run it came from, why, how good it is, and who did it (user@host)."""

    run: str
    reason: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    by: str = field(default_factory=_whoami)


@dataclass(frozen=True)
class Published:
    """What came of publishing: the version now in service, and whether it is a new one."""

    version: Version
    new: bool


def publish(home: Home, model: Path, extras: Mapping[str, Path], record: Record) -> Published:
    """Put a SavedModel into service under the next number, unless the model in service is equal to it.

    `extras` are the files and folders to carry in `assets.extra`, by name. Raises MillraceError, with nothing changed,
    when the version in service is damaged or the disk is full; PipelineBusy while another process changes the registry.
    """
    with _changing(home):
        return _put(home, in_service(home), model, extras, "published", record)


def require_writable(home: Home) -> None:
    """Raise MillraceError unless a version could be published here, before an hour is spent on training one."""
    probe = home.serving / f"{_STAGING}probe-{socket.gethostname()}-{os.getpid()}"
    try:
        home.serving.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        what = f"a new version could not be published here: {error.strerror}."
        raise MillraceError(what, str(home.serving), "Make the folder writable and run again.") from error


def promote(home: Home, model: Path, extras: Mapping[str, Path], record: Record) -> Published:
    """Publish a SavedModel that was not blessed, even over a damaged version; raises ConfigError without a reason."""
    if not record.reason.strip():
        raise ConfigError("a promotion needs a reason.", "--reason", "Say why this model may serve unblessed.")
    with _changing(home):
        return _put(home, intact(home), model, extras, "promoted", record)


def rollback(home: Home, to: int | None = None, reason: str = "", by: str = "") -> Version:
    """Publish an older version again under a new number; `versions.earlier` says which, and what it raises."""
    with _changing(home):
        old = earlier(home, to)
        record = Record(old.manifest["run"], reason, old.manifest["metrics"], by or _whoami())
        origin = {"model_digest": old.model_digest, "event": "rolled_back", "of": old.number}
        return _add(home, old.path, {}, origin, record)


def _put(
    home: Home, current: Version | None, model: Path, extras: Mapping[str, Path], event: str, record: Record
) -> Published:
    if not list_files(model, exclude=[EXTRA]):
        raise MillraceError("there is no model in this folder.", str(model), "Export it again.")
    digest = tree_digest(model, exclude=[EXTRA])
    if current and current.model_digest == digest:
        return Published(current, new=False)
    return Published(_add(home, model, extras, {"model_digest": digest, "event": event, "of": None}, record), new=True)


def _add(home: Home, tree: Path, extras: Mapping[str, Path], origin: Mapping[str, Any], record: Record) -> Version:
    records = history(home)
    number = 1 + max([0, *list_folders(home), *(each["number"] for each in records)])
    staging = home.serving / f"{_STAGING}{re.sub('[^A-Za-z0-9_.-]', '_', record.run)}-{os.getpid()}"
    try:
        _stage(staging, tree, extras)
        if tree_digest(staging, exclude=[EXTRA]) != origin["model_digest"]:
            raise MillraceError("the model changed while it was copied.", str(tree), "Run again.")
        manifest = {"number": number, "digest": tree_digest(staging), **origin, **_describe(record)}
        write_synced(staging / MANIFEST, json.dumps(manifest, indent=2, default=float) + "\n")
        sync_folders(staging)
        # Now, since a full disk must stop both or neither.
        write_synced(_draft(home), "".join(map(as_line, [*records, manifest])))
        os.rename(staging, home.serving / str(number))
    except OSError as error:
        raise _refusal(home, number, [tree, *extras.values()], error) from error
    sync(home.serving)
    _put_history(home)
    return read_version(number, home.serving / str(number))


def _stage(staging: Path, tree: Path, extras: Mapping[str, Path]) -> None:
    copy(tree, staging, exclude=[MANIFEST])
    for name, path in extras.items():
        if not re.fullmatch("[A-Za-z0-9_-][A-Za-z0-9_.-]*", name) or f"{EXTRA}/{name}" == MANIFEST:
            raise MillraceError(f"{name!r} cannot name what a version carries.", str(path), "Choose a plain file name.")
        copy(path, staging / EXTRA / name)
    (staging / EXTRA).mkdir(exist_ok=True)


def _describe(record: Record) -> dict[str, Any]:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"run": record.run, "at": now, "by": record.by, "reason": record.reason, "metrics": dict(record.metrics)}


def _refusal(home: Home, number: int, sources: Sequence[Path], error: OSError) -> MillraceError:
    _clear(home)
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        what = f"version {number} was not published: {error.strerror}."
        return MillraceError(what, str(error.filename or home.serving), "Mend this and run again.")
    needed, free = sum(map(tree_size, sources)), shutil.disk_usage(home.serving).free
    what = f"version {number} was not published: the disk is full; it needs {needed:,} bytes, and {free:,} are free."
    return MillraceError(what, str(home.serving), "Free some space and run again.")


@contextmanager
def _changing(home: Home) -> Iterator[None]:
    """Hold the registry alone, with what a killed predecessor left put right."""
    try:
        home.serving.mkdir(parents=True, exist_ok=True)
        with hold_file(home.serving / ".lock", LOCK_SECONDS):
            _clear(home)
            _settle(home, history(home))
            try:
                yield
            finally:
                _clear(home)
    except BlockingIOError as error:
        what = "another process is changing what is in service."
        raise PipelineBusy(what, str(home.serving), "Try again when it has ended.") from error
    except OSError as error:
        what = f"what is in service could not be changed: {error}."
        raise MillraceError(what, str(home.serving), "Make it writable, make room, and try again.") from error


def _clear(home: Home) -> None:
    for leftover in home.serving.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover)
    _draft(home).unlink(missing_ok=True)


def _draft(home: Home) -> Path:
    return home.history.with_suffix(".new")


def _settle(home: Home, records: Iterable[Mapping[str, Any]]) -> None:
    lines = "".join(map(as_line, records))
    if lines and not (home.history.exists() and home.history.read_text(errors="replace") == lines):
        write_synced(_draft(home), lines)
        _put_history(home)


def _put_history(home: Home) -> None:
    os.replace(_draft(home), home.history)
    sync(home.root)
