"""The errors a user can meet, each with the exit code it ends a command with."""

import errno
import getpass
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from configs.copies import name_copies

FULL = (errno.ENOSPC, errno.EDQUOT)
DENIED = (errno.EACCES, errno.EPERM)
MISNAMED = (  # what was asked for cannot be, whatever the machine
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
)


class MillraceError(Exception):
    """An error that a user can act on: what happened, where, and what to do.

    `where` is file:row:column for data, file:line:key for a config, a node's id for the rest. `details` are plain data
    behind it, for the run's record.
    """

    exit_code = 1

    def __init__(
        self, what: str, where: str = "", remedy: str = "", details: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(what)
        self.what, self.where, self.remedy, self.details = name_copies(what), name_copies(where), remedy, details

    def __str__(self) -> str:
        what = self.what if not self.remedy or self.what.endswith((".", "!", "?", ":", "\n")) else f"{self.what}."
        return " ".join(part for part in (self.where and f"{self.where}:", what, self.remedy) if part)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.where, self.remedy, dict(self.details))


class ConfigError(MillraceError):
    """The command or its configuration is wrong."""

    exit_code = 2


class DataRejected(MillraceError):
    """The data failed the preflight or the data gate."""

    exit_code = 3


class NotBlessed(MillraceError):
    """The candidate did not pass its thresholds."""

    exit_code = 4


class PipelineBusy(MillraceError):
    """Another run holds the pipeline."""

    exit_code = 5


class Stopped(MillraceError):
    """A signal asked the run to end."""


BY_EXIT_CODE: dict[int, type[MillraceError]] = {
    error.exit_code: error for error in (MillraceError, ConfigError, DataRejected, NotBlessed, PipelineBusy)
}


def explain(error: OSError) -> MillraceError:
    """Returns what the system refused, for a person; a name that cannot be is the user's fault, else the machine's."""
    given = error.filename2 or error.filename
    where = os.fsdecode(given) if isinstance(given, str | bytes) else ""
    if error.errno in MISNAMED:
        path, what = _misnamed(where, error)
        return ConfigError(what, path, "Move what is there, or name another place.")
    if error.errno in DENIED:
        what = f"the user {_whoami()} may not do this: {error.strerror}"
        return MillraceError(what, where, "Give this user the right to it, or name another place.")
    if error.errno in FULL:
        left = f", {shutil.disk_usage(_nearest(where)).free:,} bytes are free" if where else ""
        return MillraceError(f"the disk is full{left}", where, "Free some space and run again.")
    what = error.strerror or str(error) or type(error).__name__
    return MillraceError(what, where, "Mend this and run again.")


def _misnamed(where: str, error: OSError) -> tuple[str, str]:
    for path in (*reversed(Path(where).parents), Path(where)) if where else ():
        if os.path.lexists(path) and not path.is_dir() and error.errno in (errno.ENOTDIR, errno.EEXIST):
            return str(path), "is no folder, and one is needed here"
    if error.errno == errno.EISDIR:
        return where, "is a folder, and a file is needed here"
    return where, (error.strerror or str(error)).lower()


def _nearest(path: str) -> Path:
    return next(place for place in (Path(path), *Path(path).absolute().parents) if place.exists())


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return str(os.geteuid())
