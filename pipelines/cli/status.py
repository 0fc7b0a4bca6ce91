"""How pipelines stand: status."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live

from configs.clock import utc_now
from configs.errors import ConfigError, MillraceError
from configs.loading.loader import load
from pipelines.cli.options import Format, Output, answer
from pipelines.reporting.console import listing, open_console

app = typer.Typer()
MEGABYTE = 1e6


@app.command()
def status(
    paths: Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="The YAMLs.")] = [],  # noqa: B006
    folder: Annotated[Path | None, typer.Option(help="And those in this folder.")] = None,
    watch: Annotated[float | None, typer.Option(min=0.1, metavar="SECONDS", help="Show it anew so often.")] = None,
    output: Format = Output.text,
) -> None:
    """Show what is in service, the last run and why, what is waited for, and what it takes on the disk."""
    if not paths and folder is None:
        raise ConfigError("There is nothing to look at.", "status", "Name configs, or a --folder of them.")
    found = look(paths, folder)
    if watch is None or output is Output.json:
        answer(output, found, draw(found))
        return
    with Live(draw(found), console=open_console(), screen=False) as live:
        while True:
            time.sleep(watch)
            live.update(draw(look(paths, folder)))


def look(paths: list[Path], folder: Path | None) -> list[dict[str, Any]]:
    """Returns how each stands, as plain data; of one among several that cannot be looked at, why."""
    from pipelines.schedule.daemon import list_configs
    from pipelines.schedule.standing import as_data, describe_standing, tell_age

    found: list[dict[str, Any]] = []
    configs = list_configs(paths, folder)
    for path in configs:
        try:
            standing = describe_standing(load(str(path)), utc_now())
            found.append({**as_data(standing), "spark": standing.spark, "told_age": tell_age(standing), "error": None})
        except MillraceError as error:
            if len(configs) == 1 and not folder:
                raise
            found.append({"pipeline": path.stem, "error": str(error)})
    return found


def draw(found: list[dict[str, Any]]) -> Any:
    """Returns a table of how they stand."""
    table = listing("pipeline", "in service", "age", "quality", "last run", "next", "disk")
    for each in found:
        if each["error"]:
            table.add_row(each["pipeline"], "", "", "", each["error"], "", "")
            continue
        version = f"version {each['version']}, {each['since'][:16]}" if each["version"] else "nothing"
        version += f"; {each['challenger']}" if each["challenger"] else ""
        upcoming = f"{each['next'][:16]}, for {each['waits']}" if each["next"] else each["waits"]
        disk = f"{each['bytes'] / MEGABYTE:,.0f} MB"
        table.add_row(each["pipeline"], version, each["told_age"], each["spark"], tell_last(each), upcoming, disk)
    return table


def tell_last(each: dict[str, Any]) -> str:
    """Returns how the last run ended, when, and why it ran."""
    if not each["last_run"]:
        return "none yet"
    ended = "stopped" if each["last_stopped"] else f"exit code {each['last_exit_code']}"
    return f"{each['last_ended'][:16]}, {ended}: {each['last_reason']}"
