"""`make bench`: runs the contestants, keeps what was measured, and draws docs/performance.md of it."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from bench import machine, page, rounds, summary, wide
from bench.contestants import CONTESTANTS, SAME_FOLDER
from bench.measure import ROOT, measure

FAMILIES, WIDE = "families", "wide"
ALL = (*CONTESTANTS, FAMILIES, WIDE)


def main(
    count: Annotated[int, typer.Option("--rounds", min=1, help="How often each contestant runs.")] = 3,
    sizes: Annotated[str, typer.Option(help="How many times over the rows are trained on.")] = "1,10",
    only: Annotated[str, typer.Option(help="Who takes part.")] = ",".join(ALL),
    into: Annotated[Path, typer.Option(help="Where the page goes.")] = ROOT / "docs",
    redraw: Annotated[bool, typer.Option("--redraw", help="Run nothing; draw what was measured last.")] = False,
) -> None:
    """Measure Millrace beside TFX's own example and plain scripts, and its Trainer beside Keras's fit."""
    store = into / page.RECORDS
    into.mkdir(parents=True, exist_ok=True)
    stacks = json.loads(store.read_text()) if store.exists() else {}
    if not redraw:
        measured = stacks.setdefault(machine.name_stack(), {})

        def keep() -> None:
            store.write_text(json.dumps(stacks, indent=1) + "\n")

        names = choose(only)
        if names:
            race(names, [int(size) for size in sizes.split(",")], count, measured, keep)
        if FAMILIES in only.split(","):
            measured[FAMILIES] = {"machine": machine.describe(), "rounds": count, "records": compare(count)}
        if WIDE in only.split(","):
            measured[WIDE] = {"machine": machine.describe(), "records": wide.grow()}
        keep()
    page.draw(into, stacks)
    typer.echo(f"drawn: {into / page.PAGE}")


def race(
    names: Sequence[str], sizes: Sequence[int], count: int, measured: dict[str, Any], keep: Callable[[], None]
) -> None:
    """Has the contestants run, and keeps each record as soon as it is there."""
    records: list[rounds.Record] = []
    measured |= {"machine": machine.describe(), "rounds": count, "records": records}
    for record in rounds.compete(names, sizes, count):
        records.append(record)
        keep()
        typer.echo("round {round}  {contestant:2} {rows:8,} rows  {wall:7.1f} s  CPU {cpu:7.1f} s".format(**record))


def compare(count: int) -> list[dict[str, Any]]:
    """Returns what was measured of the families, in a fresh process."""
    with TemporaryDirectory(prefix="bench-") as folder:
        _, output = measure([sys.executable, "-m", "bench.families", str(count)], Path(folder), {})
    records = [json.loads(line) for line in output.splitlines()]
    for each in summary.pace(records):
        typer.echo(f"{each.family:20} {each.trainer:7.1f} steps a CPU second, {each.share:.2f} of Keras's")
    return records


def choose(only: str) -> list[str]:
    """Returns the contestants named, in their order; raises typer.BadParameter for one that cannot take part."""
    named = only.split(",")
    for name in named:
        if name not in ALL:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(ALL)}")
        if SAME_FOLDER.get(name, name) not in named:
            raise typer.BadParameter(f"{name} runs where {SAME_FOLDER[name]} ran: name both")
    return [name for name in CONTESTANTS if name in named]


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
