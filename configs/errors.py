"""The errors a user can meet, each with the exit code it ends a command with."""

from typing import Any


class MillraceError(Exception):
    """An error that a user can act on: what happened, where, and what to do.

    `where` is file:row:column for data, file:line:key for a config, a node's id for the rest.
    """

    exit_code = 1

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        what = self.what if not self.remedy or self.what.endswith((".", "!", "?", ":", "\n")) else f"{self.what}."
        return " ".join(part for part in (self.where and f"{self.where}:", what, self.remedy) if part)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.where, self.remedy)


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
