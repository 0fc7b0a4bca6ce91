"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import os
import sys
from importlib import metadata
from typing import Annotated

import typer

from pipelines.cli import (
    compile,
    config,
    data,
    doctor,
    explain,
    model,
    monitor,
    recurring,
    run,
    runs,
    status,
    step,
    submit,
    synthesize,
)
from pipelines.cli.failure import asks_for_json, tell

# Threads of scikit-learn's trees that wait give their core away: beside others they spun for 30 times the work.
PATIENT = "OMP_WAIT_POLICY", "passive"

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
PARTS = data, config, run, runs, status, model, explain, monitor, synthesize, compile, submit, recurring, doctor, step
for part in PARTS:
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
    """Runs the command that the arguments name; an error is one paragraph and an exit code, and JSON if asked for."""
    os.environ.setdefault(*PATIENT)
    as_json = asks_for_json(sys.argv[1:])
    try:
        sys.exit(app(prog_name="millrace", standalone_mode=not as_json))
    except Exception as error:
        sys.exit(tell(error, as_json))
