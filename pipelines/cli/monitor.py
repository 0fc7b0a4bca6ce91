"""How the version in service does: monitor."""

from typing import Annotated

import typer

from components.patches.stderr import silence
from configs.loading.loader import load
from pipelines.cli.options import ConfigPath, Format, Output, answer

app = typer.Typer()


@app.command()
def monitor(
    path: ConfigPath,
    source: Annotated[
        str | None, typer.Option("--input", metavar="FILES", help="New rows, with labels or without; else a span.")
    ] = None,
    span: Annotated[
        str | None, typer.Option(help="A span of data.path, as 7 or 2026-11-20; else the newest complete one.")
    ] = None,
    requests: Annotated[bool, typer.Option("--requests", help="What the request log holds, in place of rows.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Of the request log what is not older: 12h, 7d.")
    ] = None,
    output: Format = Output.text,
) -> None:
    """Measure the version in service on new rows, and how far they have moved; exits with 4 below the bar."""
    config = load(path)
    with silence():
        from pipelines.monitoring.account import tell_look
        from pipelines.monitoring.inspection import choose_rows, inspect

    look = inspect(config, choose_rows(source, span, requests, since))
    home = config.home
    answer(output, look.as_data(), tell_look(look, home.address(home.monitor_page)))
    raise typer.Exit(look.exit_code)
