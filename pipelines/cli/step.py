"""What machines call: a step of a run in a cluster, and its end; and launch-node, by which a person does the same."""

import json
from collections.abc import Callable
from dataclasses import asdict
from enum import Enum
from typing import Annotated

import typer

from components.patches.stderr import silence
from configs.errors import ConfigError, MillraceError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.cli.options import WIDEST, ConfigPath, Overrides
from pipelines.reporting.console import conclude, line, open_console
from pipelines.runs.run import Run

app = typer.Typer()


class Truth(str, Enum):
    """A boolean as a compiled pipeline hands it on."""

    true = "true"
    false = "false"


RunId = Annotated[str, typer.Option(help="The run it belongs to.")]
NodeId = Annotated[str, typer.Option(help="The node to launch.")]
Document = Annotated[str, typer.Option(metavar="TEXT", help="The config's text, in place of the file's.")]
Overriding = Annotated[str, typer.Option("--overrides", metavar="JSON", help="A list of KEY=VALUE.")]
Image = Annotated[str, typer.Option(metavar="DIGEST", help="The code that the pipeline was compiled from.")]
Root = Annotated[str, typer.Option(help="Stands for storage.root.")]
Secret = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Google's secret with storage.metadata; else MILLRACE_METADATA."),
]


@app.command(hidden=True)
def step(
    path: ConfigPath,
    node: NodeId,
    run_id: RunId,
    document: Document,
    overrides: Overriding,
    cache: Annotated[Truth, typer.Option(case_sensitive=False, help="Whether earlier results may answer.")],
    image: Image,
    root: Root,
    metadata_secret: Secret = None,
) -> None:
    """Launch one node of one run, as a compiled pipeline asks for it."""
    from pipelines.execution.container_entrypoint import Order

    order = Order(path, document, read_list(overrides), image, root, metadata_secret)
    if mismatch := order.mismatch():
        raise mismatch
    config = order.config()
    launch(config, Run(config.home, run_id), node, cache is Truth.true)


@app.command(hidden=True)
def finish(
    path: ConfigPath,
    run_id: RunId,
    document: Document,
    overrides: Overriding,
    image: Image,
    root: Root,
    metadata_secret: Secret = None,
    executor_input: Annotated[
        str | None, typer.Option(metavar="JSON", help="Where Kubeflow wants the summary and the metrics.")
    ] = None,
) -> None:
    """End a run, however it went: its record, its report, and its own exit code."""
    from pipelines.execution.container_entrypoint import Order, close_run
    from pipelines.reporting import kfp_artifacts

    order = Order(path, document, read_list(overrides), image, root, metadata_secret)
    config = order.config()
    run = Run(config.home, run_id)
    try:
        with silence():
            record = close_run(config, run, order.mismatch())
        for node in record["nodes"]:
            typer.echo(line(node))
        open_console(width=WIDEST).print(conclude(record, path), soft_wrap=True)
        if executor_input is not None:
            kfp_artifacts.write_artifacts(record, executor_input)
    finally:
        give_back(config, run)
    raise typer.Exit(record["exit_code"])


def give_back(config: Config, run: Run) -> None:
    """Gives the pipeline back, if the run holds it; a lease that cannot be given back ends by itself."""
    from pipelines.runs.lease import release_lease

    try:
        release_lease(config, run.id)
    except MillraceError as error:
        typer.echo(f"The pipeline could not be given back; it is free within the hour. {error}", err=True)


@app.command("launch-node")
def launch_node(
    path: ConfigPath,
    node: NodeId,
    run_id: RunId,
    overrides: Overrides = [],  # noqa: B006
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run it again.")] = False,
) -> None:
    """Launch one node of one run, as a step of a cluster does."""
    config = load(path, overrides)
    launch(config, Run(config.home, run_id), node, cache=not no_cache)


def launch(config: Config, run: Run, node: str, cache: bool, say: Callable[[str], None] = typer.echo) -> None:
    """Launches the node and says how it ended; raises what it failed by."""
    from pipelines.execution.container_entrypoint import run_step
    from pipelines.runs.outcomes import as_error

    outcome = run_step(config, run, node, cache, say)
    say(line(asdict(outcome)))
    if outcome.error:
        raise as_error(outcome.error)


def read_list(text: str) -> list[str]:
    """Returns the overrides of a JSON list."""
    try:
        overrides = json.loads(text)
        if isinstance(overrides, list) and all(isinstance(item, str) for item in overrides):
            return overrides
    except ValueError:
        pass
    raise ConfigError("this is no list of overrides", "--overrides", 'Write JSON, like ["training.epochs=3"].')
