"""Runs that there were and those that go on: listed, and, of a cluster, followed, ended, begun again and freed."""

import json
import time
import webbrowser
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Group
from typer.core import TyperGroup

from components.registry.model_registry import whoami
from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.cli.compile import Engine
from pipelines.cli.follow import Followed, follow
from pipelines.cli.options import Access, ConfigPath, DryRun, Format, Host, Output, Overrides, Reason, answer
from pipelines.cli.submit import Where, address
from pipelines.remote.connect import connect_service
from pipelines.remote.service import Run, Service, Step
from pipelines.reporting import testimony
from pipelines.reporting.console import listing, open_console

NEWEST = 50  # runs that a person is shown
PAUSE = 2.0  # seconds between two looks at a log that is followed


class Verbs(TyperGroup):
    """`runs CONFIG [RUN]` lists; where the first word is a verb, it is that verb."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the words after `runs`."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer()
runs = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    help="`runs CONFIG [RUN]` lists runs, here or on a cluster; these verbs are for one there.",
)
app.add_typer(runs, name="runs")

RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id, as `submit` and `runs` say it.")]
Deadline = Annotated[
    float | None, typer.Option("--start-deadline", min=0, metavar="SECONDS", help="End it if nothing starts so long.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end; exit as `run` does.")]


@runs.command("list")
def list_runs(
    path: ConfigPath,
    run_id: Annotated[str | None, typer.Argument(metavar="RUN", help="Show this one.")] = None,
    engine: Annotated[Engine | None, typer.Option("--engine", help="Those of a cluster.")] = None,
    host: Host = None,
    access: Access = None,
    output: Format = Output.text,
) -> None:
    """List the runs that have ended here, newest first; with --host or --engine, those of a cluster."""
    if host or engine:
        show_runs(_connect(path, engine or Engine.kubeflow, host, access)[0], run_id, output)
        return
    from pipelines.runs.directory import find_record, read_records
    from pipelines.storage import sync

    home = load(path).home
    sync.fetch_records(home)
    found = [find_record(home, run_id)] if run_id else read_records(home)
    shown = list(found if output is Output.json else found[:NEWEST])
    table = listing("run", "ended", "exit code", "published")
    for record in shown:
        table.add_row(record["run"], record["ended"], str(record["exit_code"]), str(record["published"] or ""))
    answer(output, shown, table)
    if len(shown) < len(found):
        typer.echo(f"and {len(found) - len(shown):,} before; --output json has all")


def show_runs(service: Service, run_id: str | None, output: Output) -> None:
    """Prints the runs that a service has of a pipeline, or the steps of one."""
    if run_id is None:
        found = service.newest()
        table = listing("run", "name", "created", "state")
        for run in found:
            table.add_row(run.run, run.name, run.created, run.state.lower())
        answer(output, [run.as_data() for run in found], table)
        return
    run = service.get_run(run_id)
    table = listing("nodes", "state", "tries", "error")
    for step in run.steps:
        state = "not run" if run.ended and step.state == "PENDING" else step.state.lower()
        table.add_row(step.title, state, str(len(step.tries) or ""), step.error)
    answer(output, run.as_data(), Group(f"{run.name}: {run}", table, f"Look at it  {run.url}"))


@runs.command()
def watch(
    path: ConfigPath,
    run_id: RunId,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    deadline: Deadline = None,
    output: Format = Output.text,
) -> None:
    """Follow a run of a cluster to its end, as `submit --wait` does; exit as `run` does."""
    service, config = _connect(path, engine, host, access)
    run = service.get_run(run_id)
    end(follow(service, config, path, run, open_console(stderr=output is Output.json), deadline), output)


@runs.command()
def cancel(
    path: ConfigPath,
    run_id: RunId,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """End a run of a cluster: the step at work is stopped, the report written, and the pipeline freed."""
    service, _ = _connect(path, engine, host, access)
    run = service.get_run(run_id)
    if run.ended:
        raise ConfigError(f"it has ended already: {run.state.lower()}", f"run {run_id}")
    if not dry_run:
        service.cancel(run_id)
    said = (
        f"Run {run_id} {'would be' if dry_run else 'is'} told to end\nFollow it   millrace runs watch {path} {run_id}"
    )
    answer(output, {**run.as_data(), "canceled": not dry_run}, said)


@runs.command()
def retry(
    path: ConfigPath,
    run_id: RunId,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    wait: Wait = False,
    deadline: Deadline = None,
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Submit again what a run of a cluster was: by the cache and the checkpoints, what is left of it to do."""
    service, config = _connect(path, engine, host, access)
    run = service.get_run(run_id)
    if not run.ended:
        raise ConfigError("it goes on", f"run {run_id}", f"End it first: millrace runs cancel {path} {run_id}")
    if dry_run:
        answer(output, run.as_data(), f"{run.name} would be submitted again")
        return
    again = service.repeat(run_id, f"{whoami()} has run {run_id} again")
    if output is Output.text:
        typer.echo(f"Run         {again.run}\nLook at it  {again.url}")
    if wait:
        end(follow(service, config, path, again, open_console(stderr=output is Output.json), deadline), output)
    if output is Output.json:
        typer.echo(json.dumps(again.as_data()))


def end(followed: Followed, output: Output) -> None:
    """Ends as a run that was followed has ended."""
    if output is Output.json:
        ending = asdict(followed.ending) if followed.ending else {}
        typer.echo(json.dumps(followed.run.as_data() | ending))
    raise typer.Exit(followed.exit_code)


@runs.command()
def logs(
    path: ConfigPath,
    run_id: RunId,
    node: Annotated[str | None, typer.Argument(metavar="NODE", help="That of this one.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as it grows, to the run's end.")] = False,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    output: Format = Output.text,
) -> None:
    """Print what the steps of a run of a cluster have said: their pods, or where these are gone, the run's own log."""
    service, config = _connect(path, engine, host, access)
    said, shown = {}, dict[str, int]()
    while True:
        run = service.get_run(run_id)
        for step in choose_steps(run, node):
            text = read_said(service, run, step)
            said[step.title] = text
            if output is Output.text:
                typer.echo(text[shown.get(step.title, 0) :], nl=False)
            shown[step.title] = len(text)
        if run.ended or not follow:
            break
        time.sleep(PAUSE)
    if not any(said.values()):
        said = {node or "log.txt": read_kept(config, run_id, node)}
        if output is Output.text:
            typer.echo(said[node or "log.txt"], nl=False)
    if output is Output.json:
        typer.echo(json.dumps({"run": run_id, "logs": said}))


def choose_steps(run: Run, node: str | None) -> list[Step]:
    """Returns the steps of a run, or that of one node; raises ConfigError where none launches it."""
    found = [step for step in run.steps if node is None or node in step.nodes or node == step.name]
    if node and run.steps and not found:
        known = ", ".join(id for step in run.steps for id in step.nodes or (step.name,))
        raise ConfigError(f"no step of the run launches '{node}'", f"run {run.run}", f"They launch: {known}.")
    return found


def read_said(service: Service, run: Run, step: Step) -> str:
    """Returns what all tries at a step have said so far, without the lines that are for programs."""
    texts = (service.read_log(run.run, step.name, each.node) for each in step.tries)
    lines = [line for text in texts for line in text.splitlines() if not line.startswith(testimony.MARK)]
    return "".join(f"{line}\n" for line in lines)


def read_kept(config: Config, run_id: str, node: str | None) -> str:
    """Returns what a run's folder keeps of its log; raises ConfigError where that is not to be had from here."""
    from configs.home import Home
    from pipelines.runs.run import Run as Kept
    from pipelines.storage import sync

    home = Home.below(config.cluster.root, config.name)
    kept = Kept(home, run_id)
    if home.store is not None or kept.folder.is_dir():
        sync.fetch_files(home, kept.folder, only=lambda name: name.endswith((".log", kept.log.name)))
        file = kept.node_log(node) if node and kept.node_log(node).exists() else kept.log
        if file.exists():
            return file.read_text(errors="replace")
    remedy = f"Its pods are gone. Where the volume is mounted, it lies below {config.cluster.root}/{config.name}/runs."
    raise ConfigError("its log is not to be had from here", f"run {run_id}", remedy)


@runs.command()
def release(
    path: ConfigPath,
    run_id: RunId,
    overrides: Overrides = [],  # noqa: B006
    reason: Reason = "",
    output: Format = Output.text,
) -> None:
    """Close a run that nobody ends any more, and free the pipeline that it holds; who and why is on record."""
    from pipelines.execution.abandoned import release_run
    from pipelines.runs.run import Run as Kept

    config = load(path, overrides)
    record = release_run(config, Kept(config.home, run_id), whoami(), reason)
    answer(output, record, f"Run {run_id} is {record['released']}\nIts record   {record['folder']}")


@runs.command("open")
def open_run(
    path: ConfigPath,
    run_id: RunId,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    output: Format = Output.text,
) -> None:
    """Open a run's page in the browser, and say where that is."""
    service, _ = _connect(path, engine, host, access)
    run = service.get_run(run_id)
    answer(output, {"run": run_id, "url": run.url}, run.url)
    webbrowser.open(run.url)


def _connect(path: str, engine: Engine, host: str | None, access: str | None) -> tuple[Service, Config]:
    config = address(path, (), host, access)
    return connect_service(engine.value, config), config
