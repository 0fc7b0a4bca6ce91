"""The command line: `millrace VERB ...`, and `python -m pipelines VERB ...` does the same."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.text import Text

from configs.errors import MillraceError
from configs.loading import load
from configs.schema import Config
from pipelines import graph
from pipelines.screen import Screen, conclude, listing, paragraph
from pipelines.silence import silence

WIDEST = 1000  # a file or a pipe has no width that a table must fit
app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
schema = typer.Typer(no_args_is_help=True, help="Show the schema, hold new data against it, and accept a change.")
app.add_typer(schema, name="schema")


class Output(str, Enum):
    """How a command answers."""

    text = "text"
    json = "json"


class OnError(str, Enum):
    """What to do at a row that cannot be scored."""

    fail = "fail"
    skip = "skip"


ConfigPath = Annotated[str, typer.Argument(metavar="CONFIG", help="The YAML that describes the pipeline.")]
Overrides = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Override a value, as training.epochs=3.")
]
Format = Annotated[Output, typer.Option("--output", help="text for a person, json for a script.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")]
DataOf = Annotated[str | None, typer.Option("--run", metavar="RUN", help="Whose data; else the newest run's.")]
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
    from components.columns import resolve
    from pipelines import local

    accepted = [] if accept_anomalies is None else [f"gate.accept={json.dumps(accept_anomalies)}"]
    config = resolve(load(path, [*overrides, *accepted]))
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
def init(
    data: Annotated[str, typer.Argument(metavar="DATA", help="CSV, Parquet or JSON lines: a file, folder or glob.")],
    label: Annotated[str, typer.Option(metavar="NAME", help="The column to predict.")],
    file: Annotated[str, typer.Option("-o", "--file", metavar="FILE.yaml", help="What to write; - prints it.")],
    kind: Annotated[str | None, typer.Option(help="binary, multiclass or regression; else by the label.")] = None,
    group: Annotated[str | None, typer.Option(help="A column whose rows of equal value go to one split.")] = None,
    weight: Annotated[str | None, typer.Option(help="A column that says how much each row counts.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    output: Format = Output.text,
) -> None:
    """Write a first config for your data, which runs as it stands."""
    from pipelines.draft import draft, write

    path = None if file == "-" else Path(file)
    drawn = draft(data, label, path, kind, group, weight)
    if path is None:
        typer.echo(drawn.text, nl=False)
        return
    write(drawn, path, force)
    answer(output, drawn.as_data() | {"file": file}, f"{file} written: {drawn}.\nNext        millrace run {file}")


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
    from components.columns import resolve
    from pipelines.dag import compile_ir
    from pipelines.launch import launch
    from pipelines.records import as_error

    outcome = launch(compile_ir(resolve(config), cache=not no_cache), node, run_id, config.home)
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


@schema.command()
def show(
    path: ConfigPath,
    run_id: Annotated[str | None, typer.Option("--run", help="As this run had it; else the one in force.")] = None,
    output: Format = Output.text,
) -> None:
    """Print the schema in force, as text proto."""
    config = load(path)
    with silence():
        from google.protobuf.json_format import MessageToDict

        from pipelines import curation

        found, source = curation.in_force(config, run_id)
    if output is Output.json:
        typer.echo(json.dumps({"source": source, "schema": MessageToDict(found)}))
    else:
        typer.echo(f"# {source}\n{curation.as_text(found)}", nl=False)


@schema.command()
def diff(
    path: ConfigPath,
    run_id: DataOf = None,
    output: Format = Output.text,
) -> None:
    """List how the newest run's data differs from the schema; exits with 1 where it does."""
    config = load(path)
    with silence():
        from pipelines import curation

        changes, run_id, source = curation.diff(config, run_id)
    answer(output, [asdict(change) for change in changes], _tabulate(changes, f"The data of run {run_id}", source))
    raise typer.Exit(int(bool(changes)))


@schema.command()
def accept(
    path: ConfigPath,
    run_id: DataOf = None,
    file: Annotated[Path | None, typer.Option("-o", "--file", help="Where to; else data.schema_file.")] = None,
    retype: Annotated[list[str], typer.Option(help="A column that may change its type.")] = [],  # noqa: B006
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Write the schema, widened by the newest run's data, to a file for your repository, which the config names."""
    config = load(path)
    with silence():
        from pipelines import curation

        accepted = curation.accept(config, Path(path), run_id, file, retype)
    if not dry_run:
        accepted.write()
    verb = "would be written" if dry_run else "written"
    table = _tabulate(accepted.changes, f"The data of run {accepted.run}", accepted.source)
    named = f" {path} {'would name' if dry_run else 'names'} it." if accepted.config_text else ""
    data = {"file": str(accepted.file), "run": accepted.run, "changes": [asdict(item) for item in accepted.changes]}
    answer(output, data, Group(table, f"{accepted.file} {verb}.{named}"))


@app.command()
def predict(
    path: ConfigPath,
    source: Annotated[
        str | None, typer.Option("--input", metavar="FILES", help="CSV, Parquet or JSON lines: a file, folder or glob.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="OUT", help="The file to write, or - for standard output; with --row text or json."),
    ] = None,
    row: Annotated[str | None, typer.Option(metavar="JSON", help="One row, in place of --input.")] = None,
    on_error: Annotated[OnError, typer.Option(help="What to do at a row that cannot be scored.")] = OnError.fail,
    rejects: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where skipped rows go; else OUT.rejects.jsonl.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="The version to ask; else the one in service.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
) -> None:
    """Score new rows with the version in service."""
    home = load(path).home
    from pipelines import predict as scoring

    if row is not None:
        form = scoring.choose_form(source, output)
        answers = scoring.predict_row(home, row, version)
        answer(Output(form), answers, Text("\n".join(f"{name:20} {value}" for name, value in answers.items())))
        return
    order = scoring.place_order(source, output, on_error is OnError.skip, rejects, force)
    scored = scoring.predict(home, order, version)
    typer.echo(scored.describe(order), err=order.output == scoring.STANDARD)


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


def _tabulate(changes: Sequence[Any], data: str, source: str) -> Any:
    if not changes:
        return f"{data} is as the schema says ({source})."
    table = listing("column", "change", "")
    for change in changes:
        table.add_row(change.column, change.change, change.text)
    return Group(f"{data} against the schema {source}:", table)


def _describe(config: Config) -> str:
    return f"{config.model.family} on {len(config.features)} features, label {config.label.name} ({config.label.kind})"
