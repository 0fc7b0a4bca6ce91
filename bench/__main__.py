"""`make bench`: runs the contestants, keeps what was measured, and draws docs/performance.md of it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bench import machine, page, rounds
from bench.contestants import CONTESTANTS, SAME_FOLDER
from bench.measure import ROOT


def main(
    count: Annotated[int, typer.Option("--rounds", min=1, help="How often each contestant runs.")] = 3,
    sizes: Annotated[str, typer.Option(help="How many times over the rows are trained on.")] = "1,10",
    only: Annotated[str, typer.Option(help="Who takes part.")] = ",".join(CONTESTANTS),
    into: Annotated[Path, typer.Option(help="Where the page goes.")] = ROOT / "docs",
    redraw: Annotated[bool, typer.Option("--redraw", help="Run nothing; draw what was measured last.")] = False,
) -> None:
    """Measure Millrace beside TFX's own example and plain scripts."""
    store = into / page.RECORDS
    if not redraw:
        names, times = choose(only), [int(size) for size in sizes.split(",")]
        records: list[rounds.Record] = []
        measured = {"machine": machine.describe(), "rounds": count, "records": records}
        into.mkdir(parents=True, exist_ok=True)
        for record in rounds.compete(names, times, count):
            records.append(record)
            store.write_text(json.dumps(measured, indent=1) + "\n")
            typer.echo("round {round}  {contestant:2} {rows:8,} rows  {wall:7.1f} s  CPU {cpu:7.1f} s".format(**record))
    page.draw(into, json.loads(store.read_text()))
    typer.echo(f"drawn: {into / page.PAGE}")


def choose(only: str) -> list[str]:
    """Returns the contestants named, in their order; raises typer.BadParameter for one that cannot take part."""
    named = only.split(",")
    for name in named:
        if name not in CONTESTANTS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(CONTESTANTS)}")
        if SAME_FOLDER.get(name, name) not in named:
            raise typer.BadParameter(f"{name} runs where {SAME_FOLDER[name]} ran: name both")
    return [name for name in CONTESTANTS if name in named]


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
