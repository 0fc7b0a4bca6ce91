"""The registry of versions in service: publish, history, rollback, promote.

A version is a folder `serving/<integer>`, and the highest is in service, as TF Serving has it: there is no pointer.
What is added is staged under a name that servers skip, and renamed once it is whole and has come through the door
(`door.py`). `admit` is how that loads and asks a model: a test whose models are texts has another.
"""

import errno
import getpass
import json
import os
import re
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from components.registry.door import Admit, Candidate, admit, require_judged, require_sealed, require_welcome
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
    "Candidate",
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

LOCK_SECONDS = 60.0  # as long as a large model may take to be copied and asked
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
    new: bool = True


def publish(
    home: Home, candidate: Candidate, record: Record, against: str | None = None, admit: Admit = admit
) -> Published:
    """Put a model into service under the next number, unless the one in service is equal to it.

    `against` is the digest of the model that it was judged against, None for none. Raises NotBlessed where that is not
    the one in service now, or where the model was rolled away from; MillraceError, with nothing changed, when the
    version in service is damaged, the candidate is, or the disk is full; PipelineBusy while another process changes
    the registry.
    """
    with _changing(home):
        require_sealed(candidate)
        current, digest = in_service(home), _digest(candidate.model)
        if current and current.model_digest == digest:
            return Published(current, new=False)
        require_welcome(history(home), digest)
        require_judged(current, against)
        origin = {"model_digest": digest, "event": "published", "of": None}
        return Published(_add(home, candidate, origin, record, admit))


def require_writable(home: Home) -> None:
    """Raise MillraceError unless a version could be published here, before an hour is spent on training one.

    The version in service is verified, too: a damaged one would stop the run.
    """
    with _changing(home):
        probe = home.serving / f"{_STAGING}probe"
        probe.mkdir()
        probe.rmdir()
        in_service(home)


def promote(home: Home, candidate: Candidate, record: Record, admit: Admit = admit) -> Published:
    """Publish a model that was not blessed, even over a damaged version; raises ConfigError without a reason."""
    if not record.reason.strip():
        raise ConfigError("a promotion needs a reason.", "--reason", "Say why this model may serve unblessed.")
    with _changing(home):
        require_sealed(candidate)
        current, digest = intact(home), _digest(candidate.model)
        if current and current.model_digest == digest:
            return Published(current, new=False)
        origin = {"model_digest": digest, "event": "promoted", "of": None}
        return Published(_add(home, candidate, origin, record, admit))


def rollback(home: Home, to: int | None = None, reason: str = "", by: str = "", admit: Admit = admit) -> Version:
    """Publish an older version again under a new number; `versions.earlier` says which, and what it raises.

    The model that it takes out of service is refused from then on, until somebody promotes it; not where its version
    is damaged, which says nothing of the model.
    """
    with _changing(home):
        current, old = intact(home), earlier(home, to)
        record = Record(old.manifest["run"], reason, old.manifest["metrics"], by or _whoami())
        away = current.model_digest if current else None
        origin = {"model_digest": old.model_digest, "event": "rolled_back", "of": old.number, "away": away}
        return _add(home, Candidate(old.path), origin, record, admit)


def _digest(model: Path) -> str:
    if not list_files(model, exclude=[EXTRA]):
        raise MillraceError("there is no model in this folder.", str(model), "Export it again.")
    return tree_digest(model, exclude=[EXTRA])


def _add(home: Home, candidate: Candidate, origin: Mapping[str, Any], record: Record, admit: Admit) -> Version:
    records = history(home)
    number = 1 + max([0, *list_folders(home), *(each["number"] for each in records)])
    staging = home.serving / f"{_STAGING}{re.sub('[^A-Za-z0-9_.-]', '_', record.run)}-{os.getpid()}"
    try:
        _stage(staging, candidate)
        admit(staging, origin["model_digest"])
        manifest = {"number": number, "digest": tree_digest(staging), **origin, **_describe(record)}
        write_synced(staging / MANIFEST, json.dumps(manifest, indent=2, default=float) + "\n")
        sync_folders(staging)
        # Now, since a full disk must stop both or neither.
        write_synced(_draft(home), "".join(map(as_line, [*records, manifest])))
        os.rename(staging, home.serving / str(number))
        sync(home.serving)
        _put_history(home)
    except OSError as error:
        if (home.serving / str(number)).exists():
            raise _doubt(home, number, error) from error
        raise _refusal(home, number, candidate, error) from error
    return read_version(number, home.serving / str(number))


def _stage(staging: Path, candidate: Candidate) -> None:
    copy(candidate.model, staging, exclude=[MANIFEST])
    for name, path in candidate.extras.items():
        if not re.fullmatch("[A-Za-z0-9_-][A-Za-z0-9_.-]*", name) or f"{EXTRA}/{name}" == MANIFEST:
            raise MillraceError(f"{name!r} cannot name what a version carries.", str(path), "Choose a plain file name.")
        copy(path, staging / EXTRA / name)
    (staging / EXTRA).mkdir(exist_ok=True)


def _describe(record: Record) -> dict[str, Any]:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"run": record.run, "at": now, "by": record.by, "reason": record.reason, "metrics": dict(record.metrics)}


def _refusal(home: Home, number: int, candidate: Candidate, error: OSError) -> MillraceError:
    _clear(home)
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        what = f"version {number} was not published: {error.strerror}."
        return MillraceError(what, str(error.filename or home.serving), "Mend this and run again.")
    needed = sum(map(tree_size, (candidate.model, *candidate.extras.values())))
    free = shutil.disk_usage(home.serving).free
    what = f"version {number} was not published: the disk is full; it needs {needed:,} bytes, and {free:,} are free."
    return MillraceError(what, str(home.serving), "Free some space and run again.")


def _doubt(home: Home, number: int, error: OSError) -> MillraceError:
    what = f"version {number} is in service, but the disk did not confirm all of it: {error.strerror}."
    remedy = "See to the disk. What the history lacks is written with the next change."
    return MillraceError(what, str(error.filename or home.serving), remedy)


@contextmanager
def _changing(home: Home) -> Iterator[None]:
    """Hold the registry alone, with what a killed predecessor left put right."""
    home.refuse_links()
    try:
        home.serving.mkdir(parents=True, exist_ok=True)
        with hold_file(home.serving / ".lock", LOCK_SECONDS):
            _clear(home)
            _settle(home, history(home))
            try:
                yield
            finally:
                with suppress(OSError):  # the next one clears it
                    _clear(home)
    except BlockingIOError as error:
        what = "another process is changing what is in service."
        raise PipelineBusy(what, str(home.serving), "Try again when it has ended.") from error
    except OSError as error:
        what = f"what is in service could not be changed: {error}."
        raise MillraceError(what, str(home.serving), "Make it writable, make room, and try again.") from error


def _clear(home: Home) -> None:
    for leftover in home.serving.glob(f"{_STAGING}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
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
