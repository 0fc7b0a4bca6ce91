"""The user's data: init, and the schema's show, diff and accept."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.prompt import IntPrompt

from components.patches.stderr import silence
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.cli.options import ConfigPath, DataOf, DryRun, Format, Output, answer
from pipelines.reporting.console import listing

app = typer.Typer()
schema = typer.Typer(no_args_is_help=True, help="Show the schema, hold new data against it, and accept a change.")
app.add_typer(schema, name="schema")


@app.command()
def init(
    data: Annotated[str, typer.Argument(metavar="DATA", help="CSV, Parquet or JSON: a file, folder or glob.")],
    label: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column to predict; folders of images or texts name it.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("-o", "--file", metavar="FILE.yaml", help="What to write, else NAME.yaml here; - prints it."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="binary, multiclass, multilabel, regression, series; else found.")
    ] = None,
    horizon: Annotated[int | None, typer.Option(min=1, help="Of a series: how many rows ahead are forecast.")] = None,
    group: Annotated[
        str | None, typer.Option(help="A column, or A,B, whose rows of equal value go to one split, or are a series.")
    ] = None,
    weight: Annotated[str | None, typer.Option(help="A column that says how much each row counts.")] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="The columns' names, if no row has them.")
    ] = None,
    sheet: Annotated[str, typer.Option(metavar="NAME", help="Of a workbook; else the first.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is likelier.")] = False,
    quality: Annotated[
        str, typer.Option(help="fast, good, best: how much is tried to find a model for these rows.")
    ] = "good",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    output: Format = Output.text,
) -> None:
    """Write a first config for your data, which runs as it stands."""
    from pipelines.onboarding.config_draft import draft
    from pipelines.onboarding.draft_files import name_file, require_target, write_draft

    file = file or name_file(data)
    path = None if file == "-" else Path(file)
    if path is not None:
        require_target(path, force, data)  # which a look at all the data would come too late for
    asks = path is not None and output is Output.text and not yes and sys.stdin.isatty() and sys.stdout.isatty()
    with silence():  # TensorFlow, which reads TFRecords
        drawn = draft(
            *(data, label, path),
            kind=kind,
            group=group,
            weight=weight,
            columns=columns.split(",") if columns else (),
            sheet=sheet,
            horizon=horizon,
            quality=quality,
            ask=ask_reading if asks else None,
        )
    if path is None:
        typer.echo(drawn.text, nl=False)
        return
    write_draft(drawn.text, path, force)
    warned = "".join(f"Warning     {warning}\n" for warning in drawn.warnings)
    told = f"{file} written: {drawn}.\n{warned}Next        millrace run {file}"
    answer(output, drawn.as_data() | {"file": file}, told)


def ask_reading(name: str, readings: Mapping[str, str]) -> str:
    """Asks at the terminal which way the moments of a column are read; returns the format."""
    typer.echo(f"The column `{name}` can be read in {len(readings)} ways:")
    for number, (format, read) in enumerate(readings.items(), 1):
        typer.echo(f"  {number}  {read} ({format})")
    numbers = [str(number) for number in range(1, len(readings) + 1)]
    return list(readings)[IntPrompt.ask("Which", choices=numbers, default=1) - 1]


@schema.command()
def show(
    path: ConfigPath,
    run_id: Annotated[str | None, typer.Option("--run", help="As this run had it; else the one in force.")] = None,
    output: Format = Output.text,
) -> None:
    """Print the schema in force, as text proto."""
    from pipelines.onboarding.run_outputs import locate_schema

    config = _load(path)
    locate_schema(config, run_id)  # before what reads it is loaded, which takes seconds
    with silence():
        from google.protobuf.json_format import MessageToDict

        from pipelines.onboarding import schema_review

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
    from pipelines.onboarding.run_outputs import locate_statistics

    config = _load(path)
    locate_statistics(config, run_id)  # before what reads them is loaded, which takes seconds
    with silence():
        from pipelines.onboarding import schema_review

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
    from pipelines.onboarding.run_outputs import locate_statistics

    config = _load(path)
    locate_statistics(config, run_id)  # before what reads them is loaded, which takes seconds
    with silence():
        from pipelines.onboarding import schema_review

        accepted = schema_review.accept(config, Path(path), run_id, file, retype)
    if not dry_run:
        accepted.write()
    verb = "would be written" if dry_run else "written"
    table = _tabulate(accepted.changes, f"The data of run {accepted.run}", accepted.source)
    named = f" {path} {'would name' if dry_run else 'names'} it." if accepted.config_text else ""
    data = {"file": str(accepted.file), "run": accepted.run, "changes": [asdict(item) for item in accepted.changes]}
    answer(output, data, Group(table, f"{accepted.file} {verb}.{named}"))


def _load(path: str) -> Config:
    """Returns a config, whose records are here."""
    from pipelines.storage import sync

    config = load(path)
    sync.fetch_records(config.home)
    return config


def _tabulate(changes: Sequence[Any], data: str, source: str) -> Any:
    if not changes:
        return f"{data} is as the schema says ({source})."
    table = listing("column", "change", "")
    for change in changes:
        table.add_row(change.column, change.change, change.text)
    return Group(f"{data} against the schema {source}:", table)
