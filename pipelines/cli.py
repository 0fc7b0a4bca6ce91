"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import sys

import typer
from rich.console import Console

from configs.errors import MillraceError
from pipelines.commands import cluster, data, machine, remote, running, service, steps
from pipelines.screen import paragraph

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
for part in (data, running, service, cluster, remote, machine, steps):
    app.add_typer(part.app)


def main() -> None:
    """Runs the command that the arguments name; an error is one paragraph and an exit code."""
    try:
        app(prog_name="millrace")
    except MillraceError as error:
        Console(stderr=True).print(paragraph(error.what, error.where, error.remedy), highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
