"""The process that runs a run's nodes: `python -m pipelines.execution.worker RUN_ID EVENTS_FD CACHE NODE...`.

Its standard input is one line, the config as JSON, and ends with the parent. It reports to the parent by lines of JSON
on a file descriptor; its standard output and error are the run's log.
"""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, TextIO

from components.patches.ledger import UNUSED_BY_TFX
from components.patches.optional_imports import left_out
from components.registry.model_registry import require_writable
from components.validation import validate
from configs.errors import MillraceError
from configs.nodes import NODES
from configs.progress import LANDMARK, PROGRESS
from configs.schema.config import Config
from pipelines.execution import disk_space
from pipelines.runs.lease import hold_service
from pipelines.runs.outcomes import Outcome, failure, write_outcome
from pipelines.runs.run import Run
from pipelines.storage import sync


class Reporter(logging.Handler):
    """Sends what the nodes report as progress to the parent."""

    def __init__(self, events: TextIO) -> None:
        super().__init__(logging.INFO)
        self.events, self.node = events, ""

    def send(self, event: Mapping[str, Any]) -> None:
        self.events.write(json.dumps(event) + "\n")
        self.events.flush()

    def emit(self, record: logging.LogRecord) -> None:
        landmark = {"landmark": True} if record.levelno >= LANDMARK else {}
        self.send({"node": self.node, "state": "running", "text": record.getMessage(), **landmark})


def main(arguments: Sequence[str]) -> None:
    """Launches the nodes one after another, until one fails."""
    run_id, events, cache, *nodes = arguments
    config = Config.model_validate_json(sys.stdin.readline())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apache_beam.typehints").setLevel(logging.WARNING)  # hundreds of lines about nothing
    threading.Thread(target=end_with_parent, daemon=True).start()
    with os.fdopen(int(events), "w") as stream:
        launch_nodes(config, Run(config.home, run_id), cache == "cache", nodes, Reporter(stream))


def end_with_parent() -> None:
    """Ends this process and what it started when the parent is gone, which closes our standard input."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def launch_nodes(config: Config, run: Run, cache: bool, nodes: Sequence[str], reporter: Reporter) -> None:
    """Launches the nodes, and stops at the first that fails."""
    reporter.node = nodes[0]
    PROGRESS.addHandler(reporter)
    try:
        begins = nodes[0] == next(iter(NODES))  # else this was done
        if begins:
            require_writable(config.home)
            disk_space.require_space(config.home)
            sync.require_access(config.home)
        if config.beam.hands_over:
            require_engines(config, nodes)
        if begins:
            validate.check_small(config)
    except MillraceError as error:
        give_up(run, error, reporter)
        return
    reporter.send({"node": nodes[0], "state": "running", "text": "loading TensorFlow"})
    with left_out(UNUSED_BY_TFX):
        from pipelines.execution.node_launcher import explain, launch_node
        from pipelines.graph.tfx_pipeline import compile_ir

    try:
        ir = compile_ir(config, cache)
    except Exception as error:
        give_up(run, explain(error, nodes[0], run), reporter)
        return
    for node in nodes:
        reporter.node = node
        reporter.send({"node": node, "state": "running", "text": ""})
        try:
            outcome = launch(config, run, node, reporter, partial(launch_node, ir, node, run))
        except MillraceError as error:
            give_up(run, error, reporter)
            return
        reporter.send({"outcome": asdict(outcome)})
        if not outcome.succeeded:
            return


def launch(config: Config, run: Run, node: str, reporter: Reporter, launch_node: Callable[[], Outcome]) -> Outcome:
    """Launches a node and returns how it ended; where its engine broke, how it ended at the second try."""
    from pipelines.graph.beam_runner import BROKE  # only here, as below

    with attended(config, run, node), on_engine(config, run, node):
        outcome = launch_node()
    if not outcome.details.get(BROKE):
        return outcome
    told = f"is tried once more: {outcome.text}"
    reporter.send({"node": node, "state": "running", "text": told, "landmark": True, "warning": True, "again": True})
    with attended(config, run, node), on_engine(config, run, node):
        return launch_node()


@contextmanager
def attended(config: Config, run: Run, node: str) -> Iterator[None]:
    """Gives a node that publishes what is in service to itself, and as it is now: a store may hold what is newer."""
    if not NODES[node].publishes:
        yield
        return
    with hold_service(config, run.id):
        sync.fetch_service(config.home)
        sync.fetch_challenger(config.home)
        yield


def require_engines(config: Config, nodes: Sequence[str]) -> None:
    """Raises MillraceError where the job server of a node does not answer, before any is launched."""
    # Only here: most runs have no engine, and a mistake in the data is to be named at once.
    from pipelines.graph.beam_runner import find_endpoint, list_flags, require_endpoint

    engines = {node: config.beam.engine(node) for node in reversed(nodes) if NODES[node].on_beam}
    first = {find_endpoint(list_flags(engine)): node for node, engine in engines.items()}
    for endpoint, node in first.items():
        if endpoint:
            require_endpoint(endpoint, node)


@contextmanager
def on_engine(config: Config, run: Run, node: str) -> Iterator[None]:
    """Ends what earlier runs have left of a node at its engine, and tells how far its job is."""
    if not config.beam.takes(node):
        yield
        return
    from pipelines.execution import engine_jobs  # only here, as above

    engine = config.beam.engine(node)
    for line in engine_jobs.end_jobs(engine, engine_jobs.name_job(config.name, node)):
        logging.info(line)
    with engine_jobs.followed(engine, engine_jobs.name_job(config.name, node, run.id)):
        yield


def give_up(run: Run, error: MillraceError, reporter: Reporter) -> None:
    """Records that a node failed before it could be launched."""
    outcome = failure(reporter.node, error)
    write_outcome(run, outcome)
    reporter.send({"outcome": asdict(outcome)})


if __name__ == "__main__":
    main(sys.argv[1:])
