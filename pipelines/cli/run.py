"""Runs on this machine: run, validate, report, clean."""

import json
import os
import shutil
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from components.patches.stderr import silence
from components.validation.column_patterns import resolve
from configs.clock import utc_now
from configs.errors import ConfigError, PipelineBusy
from configs.home import find_workspace
from configs.loading.loader import load
from configs.loading.named_files import require_files
from configs.nodes import NODES
from configs.quantities import count
from configs.schema.config import Config
from pipelines.cli.options import ConfigPath, DryRun, Format, Output, Overrides, answer
from pipelines.graph.nodes import choose_nodes
from pipelines.reporting.console import Screen, conclude, open_console

app = typer.Typer()


def complete_node(begun: str) -> list[str]:
    """Returns the nodes whose names begin so, for the shell."""
    return [id for id in NODES if id.startswith(begun)]


@app.command()
def run(
    path: ConfigPath,
    overrides: Overrides = [],  # noqa: B006
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every node again.")] = False,
    until: Annotated[str | None, typer.Option(help="Stop after this node.", autocompletion=complete_node)] = None,
    accept_anomalies: Annotated[
        str | None, typer.Option(metavar="REASON", help="Go on in spite of anomalies, and record why.")
    ] = None,
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Only where the config's schedule has a reason for it; else say why not.")
    ] = False,
    dry_run: DryRun = False,
    span: Annotated[str | None, typer.Option(help="The newest span to take: 7, 2026-11-20.")] = None,
    spans: Annotated[
        str | None, typer.Option(metavar="FIRST..LAST", help="Backfill: make the version of each of these spans.")
    ] = None,
    output: Format = Output.text,
) -> None:
    """Run the pipeline here: train, judge and publish."""
    refuse_beside(spans, **{"--if-due": if_due, "--until": until, "--span": span})
    accepted = [] if accept_anomalies is None else [f"gate.accept={json.dumps(accept_anomalies)}"]
    chosen = [] if span is None else [f"data.span={span}"]
    config = load(path, [*overrides, *accepted, *chosen])
    nodes = [spec.id for spec in choose_nodes(config, until)]
    require_files(config)
    config = resolve(config)
    if dry_run:
        tell_places(config, nodes, output)
        return
    from pipelines.notify.announcement import announce

    console = open_console(stderr=output is Output.json)
    if said := config.home.mention_another(Path.cwd()):
        console.print(f"Nearby      {said}\n", soft_wrap=True)
    make = partial(launch, nodes=nodes, cache=not no_cache, console=console, if_due=if_due)
    if spans is None:
        record = make(config)
    else:
        from pipelines.execution.backfill import fill_spans

        record = fill_spans(config, spans, make, partial(console.print, soft_wrap=True))
    announce(config, record, utc_now(), partial(console.print, soft_wrap=True))
    if output is Output.json:
        sys.stdout.write(json.dumps(record) + "\n")
    else:
        console.print(conclude(record, path) if record["run"] else record["decision"]["text"], soft_wrap=True)
    raise typer.Exit(record["exit_code"])


def tell_places(config: Config, nodes: Sequence[str], output: Output) -> None:
    """Prints where each node would do its work, and whole the jobs that Dataflow would be asked for."""
    from pipelines.execution.dataflow_job import describe_place
    from pipelines.runs.run import new_id

    run_id = new_id()
    with silence():  # Google's libraries
        told = {node: describe_place(config, node, run_id) for node in nodes}
    if output is Output.json:
        typer.echo(json.dumps(told))
        return
    for node, place in told.items():
        job = place.pop("request", None)
        typer.echo(f"{node:17}{'  '.join(place.values())}")
        if job:
            typer.echo(json.dumps(job, indent=2))


def refuse_beside(spans: str | None, **others: object) -> None:
    """Raises ConfigError for an option that a backfill has no use for."""
    given = next((option for option, value in others.items() if value), None)
    if spans is not None and given:
        raise ConfigError("A backfill takes each of its spans, and all nodes.", given, "Leave it out, or --spans.")


def launch(config: Config, nodes: Sequence[str], cache: bool, console: Console, if_due: bool) -> dict[str, Any]:
    """Runs the nodes, shows how far they are, and returns the record; with `if_due` where the schedule has a reason."""
    from pipelines.execution import local_runner  # after a mistake in the config is named: it takes a second to load

    ask = partial(inquire, config) if if_due else partial(look_first, config, console)
    with Screen(console, nodes) as screen:
        try:
            return local_runner.run_nodes(config, nodes, cache=cache, watch=screen.watch, ask=ask)
        except PipelineBusy as error:
            if not if_due:
                raise
            return local_runner.decline(config, inquire(config, error.what))


def look_first(config: Config, console: Console) -> None:
    """Holds the contest of a challenger that waits, if there is one, before a run that a person began."""
    from pipelines.schedule.inquiry import look_at_challenger

    for text in look_at_challenger(config).said:
        console.print(f"Challenger  {text}", soft_wrap=True)


def inquire(config: Config, holder: str | None = None) -> Mapping[str, Any]:
    """Returns, as plain data, whether the schedule wants a run now; `holder` is the run that is still going."""
    from pipelines.schedule.decision import as_data
    from pipelines.schedule.inquiry import ask_schedule, tell_busy

    now = utc_now()
    return as_data(tell_busy(config, holder, now) if holder else ask_schedule(config, now))


@app.command()
def validate(path: ConfigPath, overrides: Overrides = [], output: Format = Output.text) -> None:  # noqa: B006
    """Check a config, without looking at the data."""
    config = load(path, overrides)
    require_files(config)
    home = config.home
    lines = (f"{path} is valid: {_describe(config)}.", f"It works in {home.address(home.root)}.")
    text = " ".join(filter(None, (*lines, home.mention_another(Path.cwd()))))
    answer(output, json.loads(config.model_dump_json()), text)


@app.command()
def report(
    path: Annotated[
        str | None, typer.Argument(metavar="CONFIG", help="The YAML; with --index it may be left out.")
    ] = None,
    run_id: Annotated[str | None, typer.Argument(metavar="RUN", help="Else the newest.")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(metavar="RUN RUN", help="Put two runs side by side, on a page.")
    ] = None,
    index: Annotated[bool, typer.Option("--index", help="One page of all pipelines and their runs.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Say where the page of a run lies; or write one of two runs, or of all."""
    page = index_runs(path) if index else place_report(path, run_id, compare)
    typer.echo(page)
    if show:
        webbrowser.open(page.as_uri())


def index_runs(path: str | None) -> Path:
    """Writes the page of all pipelines of the workspace of a config, or of the current folder; returns where."""
    from pipelines.reporting.run_index import write_index

    return write_index(load(path).home.root.parent if path else find_workspace(Path.cwd()))


def place_report(path: str | None, run_id: str | None, compare: tuple[str, str] | None) -> Path:
    """Returns where the page of a run lies, or that of two, which is written."""
    from pipelines.reporting.run_comparison import write_comparison
    from pipelines.runs.directory import find_record
    from pipelines.runs.run import Run
    from pipelines.storage import sync

    if path is None:
        raise ConfigError("a run's page is one of a pipeline", "CONFIG", "Name its YAML, or --index for all of them.")
    home = load(path).home
    sync.fetch_records(home)
    if compare:
        first, second = (Run(home, find_record(home, each)["run"]) for each in compare)
        sync.fetch_files(home, first.config, second.config)
        return write_comparison(first, second)
    page = Run(home, find_record(home, run_id)["run"]).report
    sync.fetch_files(home, page)
    return page


@app.command()
def tensorboard(
    path: ConfigPath,
    port: Annotated[int, typer.Option(help="Where it listens.")] = 6006,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets others in, too.")] = "localhost",
) -> None:
    """Show how the runs trained, epoch by epoch, in TensorBoard."""
    from pipelines.storage import sync

    home = load(path).home
    sync.fetch_files(home, home.runs, only=lambda name: "/tensorboard/" in name)
    if not any(home.runs.glob("*/tensorboard")):
        raise ConfigError("No run has trained yet", str(home.runs), f"Run: millrace run {path}")
    arguments = ["--logdir", str(home.runs), "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "tensorboard.main", *arguments])


@app.command()
def clean(
    path: ConfigPath,
    keep: Annotated[bool, typer.Option("--keep", help="Remove only what is beyond the config's storage.keep.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Remove a pipeline's artifacts, checkpoints and metadata; runs, versions and history stay."""
    from pipelines.remote.liveness import find_end
    from pipelines.runs.lease import borrow_pipeline
    from pipelines.runs.run import new_id
    from pipelines.storage.sync import put_files

    config = load(path)
    if keep:
        typer.echo(clean_beyond(config, dry_run))
        return
    home = config.home
    doomed = [
        place for place in (home.artifacts, home.checkpoints, home.metadata, home.seal, home.settled) if place.exists()
    ]
    if not dry_run:
        with borrow_pipeline(config, f"clean-{new_id()}", partial(find_end, config)):
            for place in doomed:
                _remove(place)
            put_files(home, home.artifacts, home.checkpoints)
    for place in doomed:
        typer.echo(f"{'would remove' if dry_run else 'removed'} {place}")


def clean_beyond(config: Config, dry_run: bool) -> str:
    """Removes what is beyond `storage.keep`, and returns what to say of it; raises ConfigError without it."""
    from pipelines.execution.retention import choose_doomed, remove_doomed
    from pipelines.remote.liveness import find_end
    from pipelines.runs.lease import borrow_pipeline
    from pipelines.runs.run import new_id

    if config.storage.keep is None:
        raise ConfigError("The config does not say what to keep", "storage.keep", "Add one, like keep: {runs: 50}.")
    if dry_run:
        doomed = choose_doomed(config, config.storage.keep)
        places = [f"would remove {place}" for place in (*doomed.versions, *doomed.runs, *doomed.artifacts)]
        return "\n".join([*places, f"would free {doomed.text or 'nothing'}"])
    with borrow_pipeline(config, f"clean-{new_id()}", partial(find_end, config)):
        doomed = choose_doomed(config, config.storage.keep)
        remove_doomed(config, doomed)
    return f"freed {doomed.text or 'nothing'}"


def _remove(place: Path) -> None:
    try:
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    except OSError as error:  # which names a part of the folder, without the folder
        raise OSError(error.errno, error.strerror, str(place)) from error


def _describe(config: Config) -> str:
    features = count(len(config.features), "feature")
    return f"{config.model.family} on {features}, label {config.label.name} ({config.label.kind})"
