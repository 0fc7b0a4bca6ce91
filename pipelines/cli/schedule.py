"""A schedule on this machine: run, and what pause, resume, trigger and list do where no cluster is named."""

import logging
import signal
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated

import typer

from configs.clock import utc_now
from configs.errors import ConfigError
from configs.loading.loader import load
from pipelines.cli.options import Output, answer
from pipelines.reporting.console import listing

app = typer.Typer()
MOST = 10_000_000  # bytes of a log, of which five are kept


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="YAMLs with a schedule.")] = [],  # noqa: B006
    folder: Annotated[Path | None, typer.Option(help="And those in this folder, as they come and go.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many pipelines may be at work at once.")] = 1,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Answer GET /healthz and /metrics there.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to it, not to standard error; it rotates.")
    ] = None,
) -> None:
    """Be the scheduler: train each pipeline when its config's schedule has a reason, until SIGTERM."""
    from pipelines.schedule.daemon import Daemon
    from pipelines.schedule.health import serve_health

    if not paths and folder is None:
        raise ConfigError("There is nothing to look after.", "schedule run", "Name configs, or a --folder of them.")
    absent = next((path for path in [*paths, *([folder] if folder else [])] if not path.exists()), None)
    if absent:
        raise ConfigError("is not there.", str(absent), "Correct the name.")
    write_log(log)
    daemon, stop = Daemon(paths, folder, jobs, utc_now), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if listen:
        serve_health(daemon, listen)
    daemon.serve(stop)


def trigger(path: str, reason: str, dry_run: bool) -> None:
    """Lets `schedule run`, or the next `run --if-due`, run the pipeline whatever its schedule waits for."""
    from pipelines.schedule import wishes

    config = load(path)
    if not dry_run:
        wishes.trigger(config, reason)
    typer.echo(f"{config.name} {'would run' if dry_run else 'runs'} when its schedule is next asked.")


def pause(path: str, reason: str, dry_run: bool) -> None:
    """Pauses the schedule on this machine."""
    from pipelines.schedule import wishes

    config = load(path)
    state = None if dry_run else wishes.pause(config, reason, utc_now())
    typer.echo(f"{config.name}: {state.paused if state else 'would be paused'}")


def resume(path: str, dry_run: bool) -> None:
    """Lets the schedule on this machine go on."""
    from pipelines.schedule import wishes

    config = load(path)
    if not dry_run:
        wishes.resume(config, utc_now())
    typer.echo(f"{config.name} {'would go on' if dry_run else 'goes on'}")


def show(path: str, output: Output) -> None:
    """Prints how the schedule on this machine stands."""
    from pipelines.schedule import wishes

    found = wishes.describe(load(path), utc_now())
    table = listing("pipeline", "cron", "next time", "state", "last run")
    last = found["last_run"]
    ended = f"{last['run']}, exit code {last['exit_code']}" if last else "none yet"
    state = found["paused"] or found["asked"] or "waits for its time"
    table.add_row(found["pipeline"], f"{found['cron']} {found['time_zone']}", found["next"] or "", state, ended)
    answer(output, [found], table)


def write_log(file: Path | None) -> None:
    """Lets the daemon's words go to standard error, or to a file of at most ten megabytes, of which five are kept."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file:
        handler = RotatingFileHandler(file, maxBytes=MOST, backupCount=4, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("millrace")
    log.setLevel(logging.INFO)
    log.handlers = [handler]
