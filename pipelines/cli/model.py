"""What is in service: history, rollback, promote, predict, serve."""

import os
from collections.abc import Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from components.patches.stderr import silence
from configs.copies import is_url
from configs.errors import ConfigError
from configs.home import Home
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.evaluation import MAIN
from pipelines.cli.explain import explain_to
from pipelines.cli.options import ConfigPath, DryRun, Format, Output, Overrides, Reason, answer
from pipelines.reporting.console import listing

if TYPE_CHECKING:
    from pipelines.serving.batch_predict import Order
    from pipelines.serving.sharded_predict import Work

app = typer.Typer()


class OnError(str, Enum):
    """What to do at a row that cannot be scored."""

    fail = "fail"
    skip = "skip"


@app.command()
def history(
    path: ConfigPath,
    overrides: Overrides = [],  # noqa: B006
    backfilled: Annotated[
        bool, typer.Option("--backfilled", help="Those that backfills made, which never were.")
    ] = False,
    output: Format = Output.text,
) -> None:
    """List every version that was ever in service, and how it came there; and what came of challengers."""
    from components.registry import challenger, versions
    from pipelines.execution.backfill import list_backfilled
    from pipelines.storage.sync import fetch_challenger, fetch_service

    config = load(path, overrides)
    home = config.home
    fetch_service(home)
    fetch_challenger(home)
    lines = list(list_backfilled(home)) if backfilled else versions.history(home)
    if not backfilled:
        lines = sorted([*lines, *challenger.list_lines(home, config.evaluation.shadow)], key=lambda line: line["at"])
    table = listing("version", "at", "event", "run", "by", "metric", "reason")
    for line in lines:
        event = f"{line['event']} of {line['of']}" if line["of"] else line["event"]
        metrics = line["metrics"]
        figure = next((f"{name} {metrics[name]:.4f}" for name in MAIN if name in metrics), "")
        event = f"{event} in {line['backfill']}, span {line['span']}" if backfilled else event
        table.add_row(str(line["number"] or ""), line["at"], event, line["run"], line["by"], figure, line["reason"])
    answer(output, lines, table)


@app.command()
def rollback(
    path: ConfigPath,
    to: Annotated[int | None, typer.Option(help="The version to go back to; else the one before.")] = None,
    reason: Reason = "",
    overrides: Overrides = [],  # noqa: B006
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Put an older version back into service, under a new number."""
    from components.registry.model_registry import rollback as republish
    from components.registry.versions import earlier
    from pipelines.runs.lease import guard_service
    from pipelines.storage import sync

    config = load(path, overrides)
    if dry_run:
        sync.fetch_service(config.home, every=True)
        old = earlier(config.home, to)
        answer(output, dict(old.manifest), f"Version {old.number} would be published again.")
        return
    with guard_service(config, "rollback"):
        sync.fetch_service(config.home, every=True)
        version = republish(config.home, to, reason)
        sync.put_service(config.home)
    text = f"Version {version.number} is in service: version {version.manifest['of']}, published again."
    answer(output, dict(version.manifest), text)


@app.command()
def promote(
    path: ConfigPath,
    reason: Reason,
    run_id: Annotated[str | None, typer.Option("--run", help="Whose candidate; else the newest run's.")] = None,
    overrides: Overrides = [],  # noqa: B006
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Put a candidate that was not blessed into service, on your word."""
    from pipelines.runs.lease import guard_service
    from pipelines.serving import promote as promotion

    config = load(path, overrides)
    if dry_run:
        candidate, _ = promotion.propose(config.home, run_id, reason)
        new, text = promotion.foresee(config.home, candidate.model)
        answer(output, {"new": new}, text)
        return
    with guard_service(config, "promote"):
        published = promotion.promote(config.home, run_id, reason)
    answer(output, dict(published.version.manifest), promotion.describe(config.home, published))


@app.command()
def predict(
    path: ConfigPath,
    source: Annotated[
        str | None, typer.Option("--input", metavar="FILES", help="CSV, Parquet or JSON: a file, folder or glob.")
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
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="So many processes, 0: one a core; OUT is a folder, each file a shard."),
    ] = None,
    runner: Annotated[
        str | None,
        typer.Option(help="direct, or the YAML's Beam engine, whose is input from 1 GiB on; OUT is a folder then."),
    ] = None,
    why: Annotated[bool, typer.Option("--explain", help="With --row: what each feature adds to the answer.")] = False,
    overrides: Overrides = [],  # noqa: B006
) -> None:
    """Score new rows with the version in service."""
    from pipelines.serving import batch_predict as scoring
    from pipelines.storage.sync import fetch_service

    if why:
        explain_to(path, scoring.require_row(row), version, overrides, Output(scoring.choose_form(source, output)))
        return
    config = load(path, overrides)
    home = config.home
    fetch_service(home, every=version is not None)
    if row is not None:
        form = scoring.choose_form(source, output)
        answers = scoring.predict_row(home, row, version)
        answer(Output(form), answers, Text("\n".join(f"{name:20} {value}" for name, value in answers.items())))
        return
    order = scoring.place_order(source, output, on_error is OnError.skip, rejects, force)
    if work := choose_workers(config, order, workers, runner):
        from pipelines.execution.local_runner import stoppable
        from pipelines.serving import sharded_predict as sharding

        with stoppable():
            typer.echo(sharding.describe(sharding.predict_shards(home, order, version, work), order))
        return
    scored = scoring.predict(home, order, version)
    typer.echo(scored.describe(order), err=order.output == scoring.STANDARD)


def choose_workers(config: Config, order: "Order", workers: int | None, runner: str | None) -> "Work | None":
    """Returns what scores the files of an order, where that is not this process alone; raises ConfigError."""
    if workers is None and runner is None and config.beam.runner == "direct":
        return None
    from pipelines.serving import sharded_predict as sharding

    if workers is not None:
        if runner not in (None, "direct"):
            raise ConfigError("an engine has workers of its own", "--workers, --runner", "Leave one out.")
        return partial(sharding.work_here, workers=workers or os.cpu_count() or 1)
    engine = sharding.choose_engine(config.beam, runner, order)
    return partial(sharding.work_on, engine, config) if engine else None


@app.command()
def serve(
    path: Annotated[
        str, typer.Argument(metavar="CONFIG", help="The YAML, or the pipeline's folder below storage.root.")
    ],
    overrides: Overrides = [],  # noqa: B006
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8501,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets others in, too.")] = "localhost",
    max_body: Annotated[int, typer.Option(min=1, metavar="MB", help="The longest request that is taken.")] = 8,
    no_code: Annotated[bool, typer.Option("--no-code", help="Refuse versions that bring Python of a user's.")] = False,
    log_requests: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Keep this share of requests and answers; 1 keeps all.")
    ] = None,
    log_size: Annotated[int, typer.Option(min=1, metavar="MB", help="What the log takes of the disk at most.")] = 1000,
) -> None:
    """Answer requests as TensorFlow Serving does, with the version in service."""
    home = find_home(path, overrides)
    with silence():
        from pipelines.serving import server
        from pipelines.serving.model_manager import Models, refuse_code
        from pipelines.serving.request_log import RequestLog

        sockets = server.bind(host, port)
        models = Models(home.name, home, typer.echo, *([refuse_code] if no_code else []))
        log = None
        if log_requests is not None:
            private = _load_private(path, overrides)
            log = RequestLog(home, log_requests, log_size * 1_000_000, private, typer.echo)
    server.listen(sockets)
    models.say(f"Version {models.current.number} is served at http://{host}:{port}/v1/models/{models.name}")
    server.serve(models, sockets, max_body * 1_000_000, log)


def find_home(place: str, overrides: Sequence[str]) -> Home:
    """Returns the home of a pipeline by its YAML, or by its folder, which is all that a model server's pod has."""
    if not _is_folder(place):
        return load(place, overrides).home
    if overrides:
        raise ConfigError("a folder has no keys that --set could change", place, "Name the pipeline's YAML.")
    return Home.at(place)


def _is_folder(place: str) -> bool:
    return is_url(place) or Path(place).is_dir()


def _load_private(place: str, overrides: Sequence[str]) -> Any:
    if _is_folder(place):
        raise ConfigError("a folder does not say what is private, which no log may hold", place, "Name the YAML.")
    return load(place, overrides).data.private
