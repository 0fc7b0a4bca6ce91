"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import sys

import typer

from configs.errors import MillraceError
from pipelines.cli import compile, config, data, doctor, model, run, step, submit
from pipelines.reporting.console import open_console, paragraph

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
for part in (data, config, run, model, compile, submit, doctor, step):
    app.add_typer(part.app)


def main() -> None:
    """Runs the command that the arguments name; an error is one paragraph and an exit code."""
    try:
        app(prog_name="millrace")
    except MillraceError as error:
        open_console(stderr=True).print(paragraph(error.what, error.where, error.remedy), soft_wrap=True)
        sys.exit(error.exit_code)
