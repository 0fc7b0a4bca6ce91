"""What the commands share: their options, and how they answer."""

import json
from enum import Enum
from typing import Annotated, Any

import typer

from pipelines.reporting.console import open_console

WIDEST = 1000  # a file or a pipe has no width that a table must fit


class Output(str, Enum):
    """How a command answers."""

    text = "text"
    json = "json"


ConfigPath = Annotated[str, typer.Argument(metavar="CONFIG", help="The YAML that describes the pipeline.")]
Overrides = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Override a value, as training.epochs=3.")
]
Format = Annotated[Output, typer.Option("--output", help="text for a person, json for a script.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")]
DataOf = Annotated[str | None, typer.Option("--run", metavar="RUN", help="Whose data; else the newest run's.")]
Host = Annotated[str | None, typer.Option(metavar="URL", help="Stands for cluster.host of the config.")]
Access = Annotated[
    str | None, typer.Option(metavar="YAML", help="Stands for cluster.access, as {kind: token, env: KFP_TOKEN}.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def answer(output: Output, data: Any, text: Any) -> None:
    """Prints the data as JSON for a script, or the text for a person."""
    if output is Output.json:
        typer.echo(json.dumps(data))
    else:
        console = open_console()
        if not console.is_terminal:
            console.width = WIDEST
        console.print(text, soft_wrap=True)
