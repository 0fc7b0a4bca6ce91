"""The registry of versions in service: publish, history, rollback, promote.

A version is a folder `serving/<integer>`, and the highest is in service, as TF Serving has it: there is no pointer.
What is added is staged under a name that servers skip, and renamed once it is whole and has come through the door
(`door.py`). `admit` is how that loads and asks a model: a test whose models are texts has another.
"""

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from components.registry.door import Admit, Candidate, admit, require_judged, require_sealed, require_welcome
from components.registry.staging import CANDIDATE, CHANGE, explained, held, stage
from components.registry.tree_digest import list_files, sync, sync_folders, tree_digest, write_synced
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
from configs.clock import tell_now
from configs.errors import ConfigError, MillraceError
from configs.home import Home

__all__ = [
    "EXTRA",
    "Candidate",
    "Published",
    "Record",
    "TOLD",
    "Version",
    "earlier",
    "enter",
    "history",
    "in_service",
    "promote",
    "publish",
    "require_writable",
    "rollback",
    "tree_digest",
    "versions",
    "whoami",
]

TOLD = {
    True: "version {} published",
    False: "nothing new: version {} is this model",
}  # of a version that is new, or not
FindEqual: TypeAlias = Callable[[str], Version | None]


def whoami() -> str:
    """Return who does something, as user@host."""
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
    by: str = field(default_factory=whoami)


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

    def find_equal(digest: str) -> Version | None:
        current = in_service(home)
        if current and current.model_digest == digest:
            return current
        require_welcome(history(home), digest)
        require_judged(current, against)
        return None

    return enter(home, candidate, record, "published", find_equal, admit)


def require_writable(home: Home) -> None:
    """Raise MillraceError unless a version could be published here, before an hour is spent on training one.

    The version in service is verified, too: a damaged one would stop the run.
    """
    with _changing(home):
        probe = home.serving / f"{CHANGE.prefix}probe"
        probe.mkdir()
        probe.rmdir()
        in_service(home)


def promote(home: Home, candidate: Candidate, record: Record, admit: Admit = admit) -> Published:
    """Publish a model that was not blessed, even over a damaged version; raises ConfigError without a reason."""
    if not record.reason.strip():
        raise ConfigError("a promotion needs a reason.", "--reason", "Say why this model may serve unblessed.")

    def find_equal(digest: str) -> Version | None:
        current = intact(home)
        return current if current and current.model_digest == digest else None

    return enter(home, candidate, record, "promoted", find_equal, admit)


def rollback(home: Home, to: int | None = None, reason: str = "", by: str = "", admit: Admit = admit) -> Version:
    """Publish an older version again under a new number; `versions.earlier` says which, and what it raises.

    The model that it takes out of service is refused from then on, until somebody promotes it; not where its version
    is damaged, which says nothing of the model.
    """
    with _changing(home):
        records, current, old = history(home), intact(home), earlier(home, to)
        record = Record(old.manifest["run"], reason, old.manifest["metrics"], by or whoami())
        away = current.model_digest if current else None
        origin = {"model_digest": old.model_digest, "event": "rolled_back", "of": old.number, "away": away}
        candidate = Candidate(old.path)
        with explained(home, CHANGE, candidate, _next(home, records)):
            staging = stage(home, CHANGE, candidate, record.run)
            admit(staging, old.model_digest)
            return _add(home, records, staging, origin, record)


def enter(
    home: Home, candidate: Candidate, record: Record, event: str, find_equal: FindEqual, admit: Admit
) -> Published:
    """Take a candidate in under the next number, unless `find_equal` finds the version that it is.

    What that raises goes to the caller.

    A model may take minutes to be copied and asked. The registry is not held meanwhile, so that a rollback does not
    wait: what is in service is looked at before, and again once the copy has come through the door.
    """
    with _changing(home):
        require_sealed(candidate)
        digest = _digest(candidate.model)
        if equal := find_equal(digest):
            return Published(equal, new=False)
    with held(home, CANDIDATE), explained(home, CANDIDATE, candidate, _next(home, history(home))):
        staging = stage(home, CANDIDATE, candidate, record.run)
        admit(staging, digest)
        with _changing(home), explained(home, CANDIDATE, candidate, _next(home, history(home))):
            if equal := find_equal(digest):
                return Published(equal, new=False)
            origin = {"model_digest": digest, "event": event, "of": None}
            return Published(_add(home, history(home), staging, origin, record))


def _digest(model: Path) -> str:
    if not list_files(model, exclude=[EXTRA]):
        raise MillraceError("there is no model in this folder.", str(model), "Export it again.")
    return tree_digest(model, exclude=[EXTRA])


def _add(
    home: Home, records: Sequence[Mapping[str, Any]], staging: Path, origin: Mapping[str, Any], record: Record
) -> Version:
    number = _next(home, records)
    try:
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
        raise
    return read_version(number, home.serving / str(number))


def _next(home: Home, records: Sequence[Mapping[str, Any]]) -> int:
    return 1 + max([0, *list_folders(home), *(each["number"] for each in records)])


def _describe(record: Record) -> dict[str, Any]:
    return {
        "run": record.run,
        "at": tell_now(),
        "by": record.by,
        "reason": record.reason,
        "metrics": dict(record.metrics),
    }


def _doubt(home: Home, number: int, error: OSError) -> MillraceError:
    what = f"version {number} is in service, but the disk did not confirm all of it: {error.strerror}."
    remedy = "See to the disk. What the history lacks is written with the next change."
    return MillraceError(what, str(error.filename or home.serving), remedy)


@contextmanager
def _changing(home: Home) -> Iterator[None]:
    """Hold the registry alone, with what a killed predecessor left put right."""
    with held(home, CHANGE):
        _draft(home).unlink(missing_ok=True)
        _settle(home, history(home))
        try:
            yield
        finally:
            with suppress(OSError):  # the next one clears it
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
