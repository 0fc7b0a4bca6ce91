"""What machines call: a step of a run in a cluster, and its end; and launch-node, by which a person does the same."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from components.patches.stderr import silence
from components.worker_calls import MEETING
from configs.clock import utc_now
from configs.errors import MillraceError, Stopped
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.cli.options import WIDEST, ConfigPath, Overrides
from pipelines.reporting.console import conclude, line, open_console
from pipelines.reporting.executor_input import ExecutorInput, read_executor_input
from pipelines.reporting.testimony import tell
from pipelines.runs.outcomes import Outcome, as_data, read_outcomes
from pipelines.runs.run import Run

app = typer.Typer()


RunId = Annotated[str, typer.Option(help="The run it belongs to.")]
NodeId = Annotated[str, typer.Option(help="The node to launch.")]
NodeIds = Annotated[list[str], typer.Option("--node", help="The nodes to launch, one after another.")]
Image = Annotated[str, typer.Option(metavar="DIGEST", help="The code that the pipeline was compiled from.")]
Root = Annotated[str, typer.Option(help="Stands for storage.root.")]
Secret = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Google's secret with storage.metadata; else MILLRACE_METADATA."),
]


Told = Annotated[
    str, typer.Option("--executor-input", metavar="JSON", help="What Kubeflow tells a step: parameters and outputs.")
]


@app.command(hidden=True)
def step(
    path: ConfigPath, nodes: NodeIds, image: Image, root: Root, executor_input: Told, metadata_secret: Secret = None
) -> None:
    """Launch nodes of one run, as a compiled pipeline asks for it."""
    from pipelines.execution.container_entrypoint import Order

    told = read_executor_input(executor_input)
    order = Order(path, told.document, told.overrides, image, root, metadata_secret)
    with telling(nodes[0]) as at_work:
        config = order.take()
        run = Run(config.home, told.run_id)
        if config.training.workers > 1:
            os.environ[MEETING] = str(run.call)
        outcomes = launch(config, run, nodes, told.cache)
        at_work["node"] = outcomes[-1].node
        require_success(outcomes)
        hand_over(config, outcomes, told)


@app.command("train-along", hidden=True)
def train_along(
    path: ConfigPath,
    worker: Annotated[int, typer.Option(min=2, help="Which one this is.")],
    image: Image,
    root: Root,
    executor_input: Told,
) -> None:
    """Be one of the workers that share the training of a run, as a compiled pipeline asks for it."""
    from pipelines.execution.container_entrypoint import Order
    from pipelines.execution.worker_step import attend

    told = read_executor_input(executor_input)
    order = Order(path, told.document, told.overrides, image, root)
    config = order.take()
    attend(config, Run(config.home, told.run_id), worker, typer.echo)


@app.command(hidden=True)
def decide(path: ConfigPath, image: Image, root: Root, executor_input: Told, metadata_secret: Secret = None) -> None:
    """Say whether a run that a schedule has started is to train, which its other steps wait for."""
    from pipelines.execution.container_entrypoint import Order
    from pipelines.reporting import kfp_artifacts
    from pipelines.schedule.first_step import decide_run

    told = read_executor_input(executor_input)
    order = Order(path, told.document, told.overrides, image, root, metadata_secret)
    config = order.take()
    decision = decide_run(config, Run(config.home, told.run_id), told.asked, utc_now())
    typer.echo(decision["text"])
    kfp_artifacts.write_decision(decision, told)


@app.command(hidden=True)
def finish(path: ConfigPath, image: Image, root: Root, executor_input: Told, metadata_secret: Secret = None) -> None:
    """End a run, however it went: its record and its report.

    Where a step has failed, the run is red by that one. What this step puts out would be lost if it failed as well, and
    it would be tried again.
    """
    from pipelines.execution.container_entrypoint import Order, close_run, require_volume
    from pipelines.reporting import kfp_artifacts

    told = read_executor_input(executor_input)
    order = Order(path, told.document, told.overrides, image, root, metadata_secret)
    config = order.config()
    run = Run(config.home, told.run_id)
    try:
        require_volume(root, config.name)
        with silence():
            record = close_run(config, run, order.mismatch())
        for node in record.get("nodes", ()):
            typer.echo(line(node))
        said = conclude(record, path, find_next(config, run)) if record["run"] else record["decision"]["text"]
        console = open_console(width=WIDEST)
        with console.capture() as shown:
            console.print(said, soft_wrap=True)
        typer.echo(
            tell({"text": shown.get()} | {"exit_code": record["exit_code"], "published": record.get("published")})
        )
        typer.echo(shown.get(), nl=False)
        kfp_artifacts.write_run(record, told)
        announce_end(config, record, "vertex" if metadata_secret else "kubeflow")
    finally:
        free = give_back(config, run)
    raise typer.Exit(record["exit_code"] if not free or is_green(config, run) else 0)


def find_next(config: Config, run: Run) -> str:
    """Returns the command that shows the page of a run to who reads the end of it, in a terminal elsewhere."""
    page = config.home.address(run.report)
    if config.home.store is not None:
        return f"millrace report CONFIG {run.id}, where CONFIG has storage.root: {config.cluster.root}"
    namespace = config.cluster.namespace
    return f"kubectl exec --namespace {namespace} millrace-ops -- cat {page} > report.html   (deploy/ops)"


@contextmanager
def telling(node: str) -> Iterator[dict[str, str]]:
    """Has a step's log say to a program, too, what the step fails by, and at which node, which is yielded."""
    at_work = {"node": node}
    try:
        yield at_work
    except MillraceError as error:
        typer.echo(tell(at_work | as_data(error)))
        raise


def is_green(config: Config, run: Run) -> bool:
    """Whether all steps of a run have succeeded, by their own word."""
    from pipelines.graph.nodes import choose_nodes

    outcomes = read_outcomes(run)
    return all(spec.id in outcomes and outcomes[spec.id].succeeded for spec in choose_nodes(config))


def announce_end(config: Config, record: Mapping[str, Any], engine: str) -> None:
    """Tells who is to be told what became of a run, and pauses its schedule where too many have failed."""
    from pipelines.notify.announcement import announce
    from pipelines.schedule.budget import find_pause, pause_recurring

    now, records = utc_now(), [record]
    if record["decision"]:
        clear_recurring(config, engine)
    try:
        if why := find_pause(config, record):
            paused = pause_recurring(config, why, engine, now)
            records = [*([record] if record["run"] else []), paused]
            typer.echo(f"The schedule is {paused['decision']['text']}")
    except MillraceError as error:  # the run ended as it did
        typer.echo(f"Whether the schedule is to be paused is not known: {error}", err=True)
    for each in records:
        announce(config, each, now, typer.echo)


def clear_recurring(config: Config, engine: str) -> None:
    """Deletes the recurring runs that were replaced while a run of theirs went on, which the next run sees to."""
    from pipelines.remote.connect import connect_service, reach_from_pod
    from pipelines.remote.schedule import clear_replaced

    with suppress(MillraceError):  # the next run will try again
        clear_replaced(connect_service(engine, reach_from_pod(config)))


def hand_over(config: Config, outcomes: Sequence[Outcome], told: ExecutorInput) -> None:
    """Writes the artifacts that Kubeflow's pages show of the nodes that have any."""
    from pipelines.reporting import kfp_artifacts

    ended, shown = {outcome.node: outcome for outcome in outcomes}, dict[str, kfp_artifacts.Shown]()
    if "model" in told.artifacts:
        place = config.home.address(Path(ended["Trainer"].outputs["model"][0]) / "Format-Serving")
        shown["model"] = kfp_artifacts.show_model(ended["Trainer"].details, place)
    if "classification" in told.artifacts:
        shown["classification"] = kfp_artifacts.show_judgement(ended["Evaluator"].details, config.label.values)
    if shown:
        kfp_artifacts.write_shown(shown, told)


def give_back(config: Config, run: Run) -> bool:
    """Gives the pipeline back, if the run holds it; a lease that cannot be given back ends by itself.

    Returns whether the run holds nothing any more.
    """
    from pipelines.runs.lease import release_lease

    try:
        release_lease(config, run.id)
    except MillraceError as error:
        typer.echo(f"The pipeline could not be given back; it is free within the hour. {error}", err=True)
        return False
    return True


@app.command("worker-pool")
def worker_pool(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where engines ask for workers.")] = 50000,
) -> None:
    """Start workers for a Beam engine where it asks for them, as `environment_type: EXTERNAL` has it."""
    import logging

    from pipelines.execution.local_runner import stoppable

    with silence():
        from pipelines.execution.worker_pool import WorkerPool, start

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    pool = WorkerPool()
    server, bound = start(pool, port)
    try:
        with stoppable():
            typer.echo(f"Engines have workers at port {bound} of this machine.")
            pool.warm()
            server.wait_for_termination()
    except Stopped:
        typer.echo("The pool has ended, and its workers with it.")
    finally:
        server.stop(0)
        pool.end()


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
    require_success(launch(config, Run(config.home, run_id), [node], cache=not no_cache))


def launch(
    config: Config, run: Run, nodes: Sequence[str], cache: bool, say: Callable[[str], None] = typer.echo
) -> list[Outcome]:
    """Launches the nodes one after another, says how each ended and returns that."""
    from pipelines.execution.container_entrypoint import run_step

    return run_step(config, run, nodes, cache, say)


def require_success(outcomes: Sequence[Outcome]) -> None:
    """Raises what the last of some nodes failed by."""
    from pipelines.runs.outcomes import as_error

    if error := outcomes[-1].error:
        raise as_error(error)
