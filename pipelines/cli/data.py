"""The user's data: init, and the schema's show, diff and accept."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from components.patches.stderr import silence
from configs.loading.loader import load
from pipelines.cli.options import ConfigPath, DataOf, DryRun, Format, Output, answer
from pipelines.reporting.console import listing

app = typer.Typer()
schema = typer.Typer(no_args_is_help=True, help="Show the schema, hold new data against it, and accept a change.")
app.add_typer(schema, name="schema")


@app.command()
def init(
    data: Annotated[str, typer.Argument(metavar="DATA", help="CSV, Parquet or JSON lines: a file, folder or glob.")],
    label: Annotated[str, typer.Option(metavar="NAME", help="The column to predict.")],
    file: Annotated[
        str | None,
        typer.Option("-o", "--file", metavar="FILE.yaml", help="What to write, else NAME.yaml here; - prints it."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="binary, multiclass, multilabel, regression; else found.")] = None,
    group: Annotated[str | None, typer.Option(help="A column whose rows of equal value go to one split.")] = None,
    weight: Annotated[str | None, typer.Option(help="A column that says how much each row counts.")] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="The columns' names, if no row has them.")
    ] = None,
    quality: Annotated[
        str, typer.Option(help="fast, good, best: how much is tried to find a model for these rows.")
    ] = "good",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    output: Format = Output.text,
) -> None:
    """Write a first config for your data, which runs as it stands."""
    from pipelines.onboarding.config_draft import draft, name_file, write_draft

    file = file or name_file(data)
    path = None if file == "-" else Path(file)
    drawn = draft(data, label, path, kind, group, weight, columns.split(",") if columns else (), quality)
    if path is None:
        typer.echo(drawn.text, nl=False)
        return
    write_draft(drawn, path, force)
    warned = "".join(f"Warning     {warning}\n" for warning in drawn.warnings)
    told = f"{file} written: {drawn}.\n{warned}Next        millrace run {file}"
    answer(output, drawn.as_data() | {"file": file}, told)


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

        from pipelines.onboarding import schema_review
        from pipelines.storage import sync

        sync.fetch_records(config.home)
        found, source = schema_review.in_force(config, run_id)
    if output is Output.json:
        typer.echo(json.dumps({"source": source, "schema": MessageToDict(found)}))
    else:
        typer.echo(f"# {source}\n{schema_review.as_text(found)}", nl=False)


@schema.command()
def diff(
    path: ConfigPath,
    run_id: DataOf = None,
    output: Format = Output.text,
) -> None:
    """List how the newest run's data differs from the schema; exits with 1 where it does."""
    config = load(path)
    with silence():
        from pipelines.onboarding import schema_review
        from pipelines.storage import sync

        sync.fetch_records(config.home)
        changes, run_id, source = schema_review.diff(config, run_id)
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
        from pipelines.onboarding import schema_review
        from pipelines.storage import sync

        sync.fetch_records(config.home)
        accepted = schema_review.accept(config, Path(path), run_id, file, retype)
    if not dry_run:
        accepted.write()
    verb = "would be written" if dry_run else "written"
    table = _tabulate(accepted.changes, f"The data of run {accepted.run}", accepted.source)
    named = f" {path} {'would name' if dry_run else 'names'} it." if accepted.config_text else ""
    data = {"file": str(accepted.file), "run": accepted.run, "changes": [asdict(item) for item in accepted.changes]}
    answer(output, data, Group(table, f"{accepted.file} {verb}.{named}"))


def _tabulate(changes: Sequence[Any], data: str, source: str) -> Any:
    if not changes:
        return f"{data} is as the schema says ({source})."
    table = listing("column", "change", "")
    for change in changes:
        table.add_row(change.column, change.change, change.text)
    return Group(f"{data} against the schema {source}:", table)
