"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import sys
from importlib import metadata
from typing import Annotated

import typer
from rich.console import Console

from configs.errors import MillraceError
from pipelines.cli import compile, config, data, doctor, model, run, step, submit
from pipelines.reporting.console import paragraph

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
for part in (data, config, run, model, compile, submit, doctor, step):
    app.add_typer(part.app)


def print_version(asked: bool) -> None:
    """Prints which version this is, and ends."""
    if asked:
        typer.echo(f"millrace {metadata.version('millrace')}")
        raise typer.Exit()


@app.callback()
def begin(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From one YAML file to a model in service, published only when it has earned it."""


def main() -> None:
    """Runs the command that the arguments name; an error is one paragraph and an exit code."""
    try:
        app(prog_name="millrace")
    except MillraceError as error:
        Console(stderr=True).print(paragraph(error.what, error.where, error.remedy), highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
