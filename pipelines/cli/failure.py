"""What is said of a command that failed: a paragraph on standard error, and JSON on standard output if asked for."""

import json
from collections.abc import Sequence
from contextlib import suppress

import typer
from typer.exceptions import TyperException

from configs.errors import ConfigError, MillraceError, explain
from pipelines.reporting.console import open_console, paragraph
from pipelines.runs.outcomes import as_data


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether the arguments of a command, which may be wrong themselves, ask for an answer in JSON."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--output=json" in own or ("--output", "json") in zip(own, own[1:], strict=False)


def tell(error: Exception, as_json: bool) -> int:
    """Says what failed and returns the exit code; an error that nobody foresaw is raised again, for its traceback."""
    told = understand(error)
    if as_json:
        _print(json.dumps({"error": as_data(told or MillraceError(f"{type(error).__name__}: {error}"))}))
    if told is None:
        raise error
    text = paragraph(told.what, told.where, told.remedy)
    open_console(stderr=True).print(text, soft_wrap=True)
    return told.exit_code


def _print(text: str) -> None:
    with suppress(OSError):  # where nobody takes it, standard error has it all the same
        typer.echo(text)


def understand(error: Exception) -> MillraceError | None:
    """Returns what a user can act on; of an error that nobody foresaw nothing."""
    if isinstance(error, MillraceError):
        return error
    if isinstance(error, OSError):
        return explain(error)
    if isinstance(error, TyperException):  # where a person reads, typer says it
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "millrace"
        return ConfigError(error.format_message(), remedy=f"See: {command} --help")
    return None
