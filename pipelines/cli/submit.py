"""Runs on a cluster: submit, and the schedule's apply, list, pause, resume and delete."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.text import Text

from configs.errors import ConfigError, MillraceError
from configs.home import Home
from configs.loading.loader import read_document, validate
from configs.loading.yaml_document import absence
from configs.schema.config import Config
from pipelines.cli import schedule as here
from pipelines.cli.compile import Engine, ImageTemplate
from pipelines.cli.options import Access, ConfigPath, DryRun, Format, Host, Output, Overrides, Reason, answer
from pipelines.compiler.engines import refuse_server
from pipelines.compiler.workflow_size import refuse_large
from pipelines.remote.connect import connect_service
from pipelines.remote.ending import VERDICTS, Witness
from pipelines.remote.schedule import carry_out, foresee, plan_changes, schedule_of, upcoming, wanted_run
from pipelines.remote.service import Recurring, Run, Service
from pipelines.remote.submit import follow_run, read_compiled, read_documents, read_parameters
from pipelines.reporting.console import listing, open_console

app = typer.Typer()
schedule = typer.Typer(no_args_is_help=True, help="Let the pipeline run by itself, here or on a cluster.")
app.add_typer(schedule, name="schedule")

Where = Annotated[Engine, typer.Option("--engine", help="Kubeflow Pipelines, or Vertex AI.")]
Place = Annotated[
    Engine | None,
    typer.Option("--engine", help="A cluster's; without, Kubeflow's if the config names a host, else here."),
]
READ_HERE = ("name", "cluster", "schedule")
Parameters = Annotated[
    list[str], typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the compiled pipeline.")
]
Compiled = Annotated[
    str | None, typer.Option(metavar="FILE.yaml", help="What `millrace compile` wrote; else it is compiled now.")
]


@app.command()
def submit(
    path: ConfigPath,
    overrides: Overrides = [],  # noqa: B006
    parameters: Parameters = [],  # noqa: B006
    image: ImageTemplate = None,
    compiled: Compiled = None,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end; exit as `run` does.")] = False,
    resubmit: Annotated[
        int, typer.Option(min=0, help="With --wait: hand it in again so often where it failed without a verdict.")
    ] = 0,
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Run the pipeline on Kubeflow Pipelines or Vertex AI."""
    config = address(path, overrides, host, access)
    text = _compile(path, overrides, image, compiled, engine)
    values = _read_parameters(text, parameters, engine)
    if resubmit and not wait:
        raise ConfigError("a run is handed in again once it has ended", "--resubmit", "Give --wait as well.")
    if dry_run:
        data = {"engine": engine.value, **_describe(config, engine), "parameters": values}
        answer(output, data, "\n".join(f"{key:16}{value}" for key, value in data.items()))
        return
    service = connect_service(engine.value, config)
    refuse_server(read_documents(text), service.release, str(config.cluster.host))
    for left in range(resubmit, -1, -1):
        run, witness = service.submit(text, values), Witness(service)
        if output is Output.text:
            typer.echo(f"Run         {run.run}\nLook at it  {run.url}")
        if wait:
            run = _watch(service, run, witness, open_console(stderr=output is Output.json))
        code = witness.ending.exit_code if witness.ending else run.exit_code
        if not wait or run.state != "FAILED" or code in VERDICTS or _has_verdict(config, run.run):
            break
        if left and output is Output.text:
            typer.echo("It failed, and is handed in again: it goes on where it was.")
    if output is Output.json:
        ending = asdict(witness.ending) if witness.ending else {}
        typer.echo(json.dumps(run.as_data() | ending))
    raise typer.Exit(code or 0)


@schedule.command("apply")
def apply_schedule(
    path: ConfigPath,
    overrides: Overrides = [],  # noqa: B006
    parameters: Parameters = [],  # noqa: B006
    image: ImageTemplate = None,
    compiled: Compiled = None,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Make the recurring run what the config says; does nothing when it is."""
    config = address(path, overrides, host, access)
    times = upcoming(schedule_of(config))
    text = _compile(path, overrides, image, compiled, engine)
    values = _read_parameters(text, parameters, engine)
    service = connect_service(engine.value, config)
    refuse_server(read_documents(text), service.release, str(config.cluster.host))
    planned = plan_changes(service, wanted_run(service, config, text, values))
    if dry_run:
        done, what, waiting = planned.wanted, foresee(planned), list[str]()
    else:
        done, what, waiting = carry_out(service, planned, text, values)
    data = {
        "done": what, "differences": planned.reasons, "waiting": waiting,
        "next": [time.isoformat() for time in times], **asdict(done),
    }  # fmt: skip
    lines = [f"{config.name}: {'would be ' if dry_run else ''}{what}", *(f"  {reason}" for reason in planned.reasons)]
    lines += waiting
    lines += [f"Next        {time:%a %Y-%m-%d %H:%M:%S} {time.tzinfo}" for time in times]
    answer(output, data, "\n".join(lines + ([f"Look at it  {done.url}"] if done.url else [])))


@schedule.command("list")
def list_schedules(
    path: ConfigPath,
    engine: Place = None,
    host: Host = None,
    access: Access = None,
    output: Format = Output.text,
) -> None:
    """Show the recurring runs of the pipeline, or how its schedule on this machine stands."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.show(path, output)
        return
    found = connect_service((engine or Engine.kubeflow).value, config).recurring()
    table = listing("recurring run", "state", "cron", "at once", "catches up", "made of")
    for run in found:
        state, catches_up = "enabled" if run.enabled else "paused", "no" if run.no_catchup else "yes"
        table.add_row(run.id, state, run.cron, str(run.max_concurrency), catches_up, run.made_of)
    answer(output, [asdict(run) for run in found], table)


@schedule.command("pause")
def pause_schedule(
    path: ConfigPath,
    engine: Place = None,
    host: Host = None,
    access: Access = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """Pause the schedule; a cluster's `apply` lets it go on, unless schedule.enabled is false, and keeps no reason."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.pause(path, reason, dry_run)
        return
    service = connect_service((engine or Engine.kubeflow).value, config)
    _each(service, path, "pause", lambda run: service.switch(run, enabled=False), dry_run)


@schedule.command("resume")
def resume_schedule(
    path: ConfigPath,
    engine: Place = None,
    host: Host = None,
    access: Access = None,
    dry_run: DryRun = False,
) -> None:
    """Let the schedule go on."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.resume(path, dry_run)
        return
    service = connect_service((engine or Engine.kubeflow).value, config)
    _each(service, path, "resume", lambda run: service.switch(run, enabled=True), dry_run)


@schedule.command("delete")
def delete_schedule(
    path: ConfigPath,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    dry_run: DryRun = False,
) -> None:
    """Delete the recurring run; the runs that it started stay."""
    service = connect_service(engine.value, address(path, (), host, access))
    _each(service, path, "delete", service.delete, dry_run)


def address(path: str, overrides: Sequence[str], host: str | None, access: str | None) -> Config:
    """Returns the config with the host and the access that the command names; they are no part of the pipeline.

    A variable of the environment has to be set where it is read here: a container may know what this machine does not.
    """
    given = {"cluster.host": host and json.dumps(host), "cluster.access": access}
    document = read_document(
        path, [*overrides, *(f"{key}={value}" for key, value in given.items() if value)], lenient=True
    )
    for keys, unset in document.variables.items():
        if unset and keys[0] in READ_HERE:
            raise absence(unset, document.where(keys))
    return validate(document, Path(path).absolute().parent, Path.cwd())


def is_here(engine: Engine | None, config: Config) -> bool:
    """Whether a verb that both places have means the schedule on this machine."""
    return engine is None and config.cluster.host is None


def show_runs(config: Config, run_id: str | None, output: Output) -> None:
    """Prints the runs that Kubeflow Pipelines has of a pipeline, or the steps of one."""
    service = connect_service(Engine.kubeflow.value, config)
    if run_id is None:
        found = service.newest()
        table = listing("run", "name", "created", "state")
        for run in found:
            table.add_row(run.run, run.name, run.created, run.state.lower())
        answer(output, [run.as_data() for run in found], table)
        return
    run = service.get_run(run_id)
    table = listing("step", "state", "tries", "error")
    for step in run.steps:
        table.add_row(step.name, step.state.lower(), str(len(step.tries) or ""), step.error)
    answer(output, run.as_data(), Group(f"{run.name}: {run}", table, f"Look at it  {run.url}"))


def _compile(path: str, overrides: Sequence[str], image: str | None, compiled: str | None, engine: Engine) -> str:
    if compiled is not None:
        return read_compiled(compiled)
    from pipelines.compiler.compile import compile_pipeline

    return compile_pipeline(path, overrides, engine.value, image)


def _read_parameters(text: str, given: Sequence[str], engine: Engine) -> dict[str, Any]:
    values = read_parameters(text, given)
    if engine is Engine.kubeflow:
        specification, platform = read_documents(text)
        refuse_large(specification, platform, values, "--param")
    return values


def _each(service: Service, path: str, verb: str, act: Callable[[Recurring], str | None], dry_run: bool) -> None:
    """Does something to the recurring run of a pipeline; to each, where an `apply` was cut short and left two."""
    found = service.recurring()
    if not found:
        raise ConfigError("The pipeline has no recurring run", path, f"Run: millrace schedule apply {path}")
    for run in found:
        said = None if dry_run else act(run)
        typer.echo(said or f"{'would ' if dry_run else ''}{verb} {run.name} ({run.id})")


def _describe(config: Config, engine: Engine) -> dict[str, Any]:
    cluster = config.cluster
    if engine is Engine.vertex:
        return cluster.vertex.model_dump() if cluster.vertex else {}
    return cluster.model_dump(include={"host", "namespace", "experiment", "service_account"})


def _has_verdict(config: Config, run_id: str) -> bool:
    """Whether a run's own record says that another would end the same; on a volume it cannot be read from here."""
    from pipelines.runs.directory import find_record
    from pipelines.storage import sync

    home = Home.below(config.cluster.root, config.name)
    if home.store is None:
        return False
    try:
        sync.fetch_records(home)
        return find_record(home, run_id)["exit_code"] in VERDICTS
    except MillraceError:
        return False


def _watch(service: Service, run: Run, witness: Witness, console: Console) -> Run:
    """Follows a run by a line that is drawn anew, or where that is no terminal, a line whenever it differs.

    It ends with the run, or as soon as the run has a verdict, and says how.
    """
    said = ""

    def tell(look: Run) -> None:
        nonlocal said
        status.update(Text(str(look)))
        if not console.is_terminal and str(look) != said:
            console.print(str(look), soft_wrap=True)
        said = str(look)

    def enough(look: Run) -> bool:
        known, notes, witness.notes = witness.knows_end(look), witness.notes, []
        for note in notes:
            console.print(note, soft_wrap=True)
        return known

    with console.status(Text(str(run))) as status:
        ended = follow_run(lambda: service.get_run(run.run), tell, enough=enough)
    if witness.ending:
        goes_on = [] if ended.ended else ["The cluster ends the run by itself, when it has tried the step once more."]
        console.print("\n".join([witness.ending.text, *goes_on]), soft_wrap=True)
        return ended
    failed = [f"{step.name}: {step.error or 'failed'}" for step in ended.steps if step.state == "FAILED"]
    reasons = [*([ended.error] if ended.error else []), *failed]
    console.print("\n".join([f"Ended       {ended.state.lower()}", *reasons]), soft_wrap=True)
    return ended
