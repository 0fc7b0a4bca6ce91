"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import sys

import typer

from pipelines.cli import compile, config, data, doctor, model, run, step, submit
from pipelines.cli.failure import asks_for_json, tell

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
for part in (data, config, run, model, compile, submit, doctor, step):
    app.add_typer(part.app)


def main() -> None:
    """Runs the command that the arguments name; an error is one paragraph and an exit code, and JSON if asked for."""
    as_json = asks_for_json(sys.argv[1:])
    try:
        sys.exit(app(prog_name="millrace", standalone_mode=not as_json))
    except Exception as error:
        sys.exit(tell(error, as_json))
