"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import json
import os
import shutil
import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from configs.errors import MillraceError
from configs.loading import load
from configs.schema import Config
from pipelines import graph
from pipelines.screen import Screen, conclude, listing, paragraph

WIDEST = 1000  # a file or a pipe has no width that a table must fit
app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)


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
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def main() -> None:
    """Runs the command that the arguments name; an error is one paragraph and an exit code."""
    try:
        app(prog_name="millrace")
    except MillraceError as error:
        Console(stderr=True).print(paragraph(error.what, error.where, error.remedy), highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)


@app.command()
def run(
    path: ConfigPath,
    overrides: Overrides = [],  # noqa: B006
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every node again.")] = False,
    until: Annotated[str | None, typer.Option(help="Stop after this node.")] = None,
    accept_anomalies: Annotated[
        str | None, typer.Option(metavar="REASON", help="Go on in spite of anomalies, and record why.")
    ] = None,
    output: Format = Output.text,
) -> None:
    """Run the pipeline here: train, judge and publish."""
    from pipelines import local

    accepted = [] if accept_anomalies is None else [f"gate.accept={json.dumps(accept_anomalies)}"]
    config = load(path, [*overrides, *accepted])
    nodes = [node.id for node in graph.until(until)]
    console = Console(stderr=output is Output.json)
    with Screen(console, nodes) as screen:
        record = local.run(config, nodes, cache=not no_cache, watch=screen.watch)
    if output is Output.json:
        sys.stdout.write(json.dumps(record) + "\n")
    else:
        console.print(conclude(record, path), highlight=False, soft_wrap=True)
    raise typer.Exit(record["exit_code"])


@app.command()
def validate(path: ConfigPath, overrides: Overrides = [], output: Format = Output.text) -> None:  # noqa: B006
    """Check a config, without looking at the data."""
    config = load(path, overrides)
    answer(output, json.loads(config.model_dump_json()), f"{path} is valid: {_describe(config)}.")


@app.command("launch-node")
def launch_node(
    path: ConfigPath,
    node: Annotated[str, typer.Option(help="The node to launch.")],
    run_id: Annotated[str, typer.Option(help="The run it belongs to.")],
    overrides: Overrides = [],  # noqa: B006
    no_cache: Annotated[bool, typer.Option("--no-cache")] = False,
) -> None:
    """Launch one node of one run, as a step of a cluster does."""
    graph.until(node)
    config = load(path, overrides)
    from pipelines.dag import compile_ir
    from pipelines.launch import launch
    from pipelines.records import as_error

    outcome = launch(compile_ir(config, cache=not no_cache), node, run_id, config.home)
    if outcome.error:
        raise as_error(outcome.error)
    typer.echo(f"{node} {outcome.state}: {outcome.text}")


@app.command()
def runs(path: ConfigPath, output: Format = Output.text) -> None:
    """List the runs that have ended, newest first."""
    from pipelines import runs as records

    found = records.ended(load(path).home)
    table = listing("run", "ended", "exit code", "published")
    for record in found:
        table.add_row(record["run"], record["ended"], str(record["exit_code"]), str(record["published"] or ""))
    answer(output, found, table)


@app.command()
def report(
    path: ConfigPath, run_id: Annotated[str | None, typer.Option("--run", help="Else the newest.")] = None
) -> None:
    """Say where the report of a run lies."""
    from pipelines import runs as records

    typer.echo(Path(records.find(load(path).home, run_id)["folder"]) / records.REPORT)


@app.command()
def history(path: ConfigPath, output: Format = Output.text) -> None:
    """List every version that was ever in service, and how it came there."""
    from components.versions import history as read

    lines = read(load(path).home)
    table = listing("version", "at", "event", "run", "by", "auc", "reason")
    for line in lines:
        event = f"{line['event']} of {line['of']}" if line["of"] else line["event"]
        auc = line["metrics"].get("auc")
        score = "" if auc is None else f"{auc:.4f}"
        table.add_row(str(line["number"]), line["at"], event, line["run"], line["by"], score, line["reason"])
    answer(output, lines, table)


@app.command()
def rollback(
    path: ConfigPath,
    to: Annotated[int | None, typer.Option(help="The version to go back to; else the one before.")] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Put an older version back into service, under a new number."""
    from components.registry import rollback as republish
    from components.versions import earlier

    home = load(path).home
    if dry_run:
        old = earlier(home, to)
        answer(output, dict(old.manifest), f"Version {old.number} would be published again.")
        return
    version = republish(home, to, reason)
    text = f"Version {version.number} is in service: version {version.manifest['of']}, published again."
    answer(output, dict(version.manifest), text)


@app.command()
def promote(
    path: ConfigPath,
    reason: Reason,
    run_id: Annotated[str | None, typer.Option("--run", help="Whose candidate; else the newest run's.")] = None,
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Put a candidate that was not blessed into service, on your word."""
    from pipelines.promotion import promote as publish

    published = publish(load(path), run_id, reason, dry_run)
    if published is None:
        answer(output, {"new": True}, "The candidate would be published.")
        return
    number = published.version.number
    text = f"Version {number} is in service." if published.new else f"Version {number} is this model already."
    answer(output, dict(published.version.manifest), text)


@app.command()
def doctor(output: Format = Output.text) -> None:
    """Examine this machine: interpreter, packages, disk, memory."""
    from pipelines.doctor import examine

    findings = examine()
    table = listing("", "what", "found", "remedy")
    for finding in findings:
        table.add_row("[green]✓[/]" if finding.ok else "[red]✗[/]", finding.name, finding.value, finding.remedy)
    answer(output, [asdict(finding) for finding in findings], table)
    raise typer.Exit(int(any(finding.required and not finding.ok for finding in findings)))


@app.command()
def clean(path: ConfigPath, dry_run: DryRun = False) -> None:
    """Remove a pipeline's artifacts and metadata; runs, versions and history stay."""
    from pipelines.runs import hold

    home = load(path).home
    doomed = [place for place in (home.artifacts, home.metadata) if place.exists()]
    if not dry_run:
        with hold(home, "clean"):
            for place in doomed:
                shutil.rmtree(place) if place.is_dir() else os.remove(place)
    for place in doomed:
        typer.echo(f"{'would remove' if dry_run else 'removed'} {place}")


def answer(output: Output, data: Any, text: Any) -> None:
    """Prints the data as JSON for a script, or the text for a person."""
    if output is Output.json:
        typer.echo(json.dumps(data))
    else:
        console = Console()
        if not console.is_terminal:
            console.width = WIDEST
        console.print(text, highlight=False, soft_wrap=True)


def _describe(config: Config) -> str:
    return f"{config.model.family} on {len(config.features)} features, label {config.label.name} ({config.label.kind})"
