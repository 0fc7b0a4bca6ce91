"""A schedule wherever it is: apply and delete a cluster's recurring run; list, pause, resume, trigger there or here."""

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from configs.clock import utc_now
from configs.errors import ConfigError
from configs.home import Home
from configs.schema.config import Config
from pipelines.cli import schedule as here
from pipelines.cli.compile import Engine, ImageTemplate
from pipelines.cli.options import Access, ConfigPath, DryRun, Format, Host, Output, Overrides, Reason, answer
from pipelines.cli.submit import Compiled, Parameters, Where, address, check_parameters, compile_or_read
from pipelines.compiler.engines import refuse_server
from pipelines.remote.connect import connect_service
from pipelines.remote.schedule import carry_out, foresee, plan_changes, schedule_of, upcoming, wanted_run
from pipelines.remote.service import Recurring, Service
from pipelines.remote.submit import asks_schedule, read_documents
from pipelines.reporting.console import listing

app = typer.Typer()
schedule = typer.Typer(no_args_is_help=True, help="Let the pipeline run by itself, here or on a cluster.")
app.add_typer(schedule, name="schedule")
schedule.add_typer(here.app)

Place = Annotated[
    Engine | None,
    typer.Option("--engine", help="A cluster's; without, Kubeflow's if the config names a host, else here."),
]


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
    """Make the recurring run what the config says; does nothing when it is. One that is paused stays so."""
    config = address(path, overrides, host, access)
    times = upcoming(schedule_of(config))
    text = compile_or_read(path, overrides, image, compiled, engine, scheduled=True)
    if not asks_schedule(text):
        what, remedy = "its runs would not ask the schedule whether to train", "Compile it with --scheduled."
        raise ConfigError(what, str(compiled), remedy)
    values = check_parameters(text, parameters, engine)
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
    if config.schedule and config.schedule.enabled and not done.enabled:
        lines.append(f"It stays paused, until: millrace schedule resume {path}")
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
    """Show how the schedule stands: the recurring runs of the pipeline, or what is known on this machine."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.show(path, output)
        return
    service = _connect(engine, config)
    found = [_describe(run, service, config) for run in service.recurring()]
    table = listing("pipeline", "cron", "next time", "state", "last run", "recurring run", "made of")
    for each in found:
        last = each["last_run"]
        ended = f"{last['run']}, {last['state'].lower()}" if last else "none yet"
        state = each["paused"] or "waits for its time"
        table.add_row(each["name"], each["cron"], each["next"] or "", state, ended, each["id"], each["made_of"])
    answer(output, found, table)


@schedule.command("pause")
def pause_schedule(
    path: ConfigPath,
    engine: Place = None,
    host: Host = None,
    access: Access = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """Pause the schedule until `resume`; a cluster keeps no reason."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.pause(path, reason, dry_run)
        return
    from pipelines.schedule.wishes import tell_pause

    service, said = _connect(engine, config), tell_pause(reason, utc_now())
    for run in _find(service, path):
        if not dry_run:
            service.switch(run, enabled=False)
        typer.echo(f"{run.name}: {'would be paused' if dry_run else said}")


@schedule.command("resume")
def resume_schedule(
    path: ConfigPath,
    engine: Place = None,
    host: Host = None,
    access: Access = None,
    dry_run: DryRun = False,
) -> None:
    """Let the schedule go on: times that came meanwhile are not made up for, failures are counted anew."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.resume(path, dry_run)
        return
    service = _connect(engine, config)
    for run in _find(service, path)[:1]:  # one that an `apply` has replaced stays paused, until it is deleted
        if not dry_run:
            _forgive(config)
            service.switch(run, enabled=True)
        typer.echo(f"{run.name} {'would go on' if dry_run else 'goes on'}")


@schedule.command("trigger")
def trigger_schedule(
    path: ConfigPath,
    engine: Place = None,
    host: Host = None,
    access: Access = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """Run the pipeline whatever its schedule waits for: on a cluster now, here when it is next asked."""
    config = address(path, (), host, access)
    if is_here(engine, config):
        here.trigger(path, reason, dry_run)
        return
    from pipelines.schedule.wishes import tell_wish

    service = _connect(engine, config)
    recurring = _find(service, path)[0]
    if dry_run:
        typer.echo(f"{recurring.name} would run now")
        return
    run = service.trigger(recurring, tell_wish(reason))
    typer.echo(f"{recurring.name} runs now\nRun         {run.run}\nLook at it  {run.url}")


@schedule.command("delete")
def delete_schedule(
    path: ConfigPath,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    now: Annotated[bool, typer.Option("--now", help="End its run that is at work, and delete it.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Delete the recurring run; while a run of it is at work it is paused only, unless that is to end."""
    service = connect_service(engine.value, address(path, (), host, access))
    for run in _find(service, path):
        running = service.find_running(run)
        if dry_run:
            waits = f", once its run {running} has ended" if running and not now else ""
            typer.echo(f"would delete {run.name} ({run.id}){waits}")
            continue
        said = service.delete(run, now or bool(running and _agrees(running)))
        typer.echo(said or f"delete {run.name} ({run.id})")


def _agrees(running: str) -> bool:
    """Asks who sits at a terminal whether to end a run that is at work."""
    return sys.stdin.isatty() and typer.confirm(f"Its run {running} is at work. End it?")


def is_here(engine: Engine | None, config: Config) -> bool:
    """Whether a verb that both places have means the schedule on this machine."""
    return engine is None and config.cluster.host is None


def _connect(engine: Engine | None, config: Config) -> Service:
    return connect_service((engine or Engine.kubeflow).value, config)


def _find(service: Service, path: str) -> list[Recurring]:
    """Returns the recurring run of a pipeline; two, where an `apply` was cut short and left them."""
    found = service.recurring()
    if not found:
        raise ConfigError("The pipeline has no recurring run", path, f"Run: millrace schedule apply {path}")
    return found


def _describe(run: Recurring, service: Service, config: Config) -> dict[str, Any]:
    """Returns how a recurring run stands, as plain data."""
    last = service.last_run(run)
    times = upcoming(config.schedule, 1) if config.schedule and run.enabled else []
    return {
        **asdict(run),
        "pipeline": run.name,
        "paused": None if run.enabled else "paused",
        "next": times[0].isoformat() if times else None,
        "last_run": last and {"run": last.run, "state": last.state, "created": last.created},
    }


def _forgive(config: Config) -> None:
    """Counts failures anew where what is remembered lies in a bucket; on a volume, the end of a run has done it."""
    from pipelines.schedule.wishes import resume

    if Home.below(config.cluster.root, config.name).store is not None:
        storage = config.storage.model_copy(update={"root": config.cluster.root})
        resume(config.model_copy(update={"storage": storage}), utc_now())
