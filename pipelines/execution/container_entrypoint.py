"""What a container of a cluster does: one node of one run, or the run's end.

This process draws no screen and never imports TensorFlow. It holds the lease, takes the signals and tells how the node
ended; the node itself runs in a child, as all nodes do on one machine.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.validation.column_patterns import resolve
from configs.errors import ConfigError, MillraceError
from configs.home import Home
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.resources import METADATA
from pipelines.execution import secret_manager
from pipelines.execution.finalize import finish
from pipelines.execution.local_runner import follow, ignore_signals, stoppable
from pipelines.graph import fingerprint
from pipelines.graph.nodes import choose_nodes
from pipelines.runs import directory, lease, outcomes
from pipelines.runs.mlmd import SUCCESSFUL, connection, executions
from pipelines.runs.outcomes import Outcome
from pipelines.storage import sync

QUIET = 30.0  # seconds between two lines on how far a node is


@dataclass(frozen=True)
class Order:
    """What a compiled pipeline tells each of its steps."""

    path: str  # the config's, whose folder anchors the paths in it; the file itself need not be there
    run_id: str
    document: str  # the config's text
    overrides: Sequence[str]
    image: str  # the digest of the image that it was compiled for
    root: str  # stands for storage.root
    metadata_secret: str | None = None  # the name of Google's secret that holds storage.metadata

    def config(self) -> Config:
        """Returns the config, with the root and the metadata store of the cluster."""
        config = load(self.path, [*self.overrides, f"storage.root={json.dumps(self.root)}"], self.document)
        url = secret_manager.read(self.metadata_secret) if self.metadata_secret else os.environ.get(METADATA)
        storage = config.storage.model_copy(update={"metadata": url or config.storage.metadata})
        return config.model_copy(update={"storage": storage})

    def mismatch(self) -> MillraceError | None:
        """Returns what to say when this image holds other code or packages than the order was compiled with."""
        if self.image == fingerprint.of_image():
            return None
        return ConfigError(
            f"The pipeline was compiled from code {self.image}, and this image holds code {fingerprint.of_image()}",
            where="--image",
            remedy="Build the image again and push it (`millrace image`), and compile the pipeline from the same code.",
        )


def take(config: Config, run_id: str, node: str, cache: bool, say: Callable[[str], None]) -> Outcome:
    """Runs one node of one run and returns how it ended, which is on record then.

    Again is safe: a success and a verdict are returned at once. Raises ConfigError for a node or run that is none.
    """
    directory.check(run_id)
    choose_nodes(config, node)
    started, heard, folder = time.monotonic(), Listener(say), config.home.run(run_id)
    with stoppable():
        try:
            sync.fetch(config.home, folder, only=lambda name: name.endswith((directory.STARTED, ".json")))
            if known := recall(config, run_id, node):
                return known
            with lease.hold(config, run_id), sync.working(config, run_id, [node]):
                resolved = resolve(config)
                directory.begin(resolved, run_id)
                died = follow(resolved, run_id, [node], cache, heard, f"{node}.log")
                ignore_signals()
        except MillraceError as error:
            died = error
    if heard.outcome is None or died:
        died = died or MillraceError("The process ended without a word.", remedy="The run's log.txt may say why.")
        heard.outcome = outcomes.failure(node, died, time.monotonic() - started)
        outcomes.write(config.home, run_id, heard.outcome)
    return hand_in(config.home, run_id, heard.outcome)


def hand_in(home: Home, run_id: str, outcome: Outcome) -> Outcome:
    """Puts what a step leaves beside its artifacts into the store, if there is one; a success without it is none."""
    names = (directory.STARTED, directory.CONFIG, f"{outcome.node}.log", f"{outcomes.FOLDER}/{outcome.node}.json")
    files = [home.run(run_id) / name for name in names]
    try:
        sync.put(home, *filter(Path.exists, files))
    except MillraceError as error:
        return outcomes.failure(outcome.node, error, outcome.seconds) if outcome.succeeded else outcome
    return outcome


class Listener:
    """Takes what the node's process reports: how far it is, which is said now and then, and how it ended."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self.spoke = say, time.monotonic()
        self.outcome: Outcome | None = None

    def __call__(self, event: Mapping[str, Any]) -> None:
        if "outcome" in event:
            self.outcome = Outcome(**event["outcome"])
        elif event["text"] and time.monotonic() - self.spoke > QUIET:
            self.spoke = time.monotonic()
            self.say(f"{event['node']} running: {event['text']}")


def recall(config: Config, run_id: str, node: str) -> Outcome | None:
    """Returns how a node ended before, if trying again would end the same: a verdict, or a success by the metadata."""
    known = outcomes.read(config.home, run_id).get(node)
    if known is None or known.is_verdict:
        return known
    if not known.succeeded:
        return None
    execution = executions(connection(config), config.name, run_id).get(node)
    return known if execution and SUCCESSFUL.get(execution.last_known_state) == known.state else None


def close(config: Config, run_id: str, interruption: MillraceError | None = None) -> dict[str, Any]:
    """Ends a run, however it went: returns its record, which is written, and gives the pipeline back if it held it."""
    directory.check(run_id)
    nodes, folder = [spec.id for spec in choose_nodes(config)], config.home.run(run_id)
    unreachable = None
    try:
        sync.fetch(config.home, folder)
        sync.fetch_service(config.home)
    except MillraceError as error:
        unreachable = error
    started = directory.begin(config, run_id)
    gather_logs(config, run_id, nodes)
    record = finish(config, run_id, started, nodes, interruption or unreachable)
    if unreachable is None:
        names = (directory.STARTED, directory.CONFIG, directory.LOG, directory.RECORD, directory.REPORT)
        sync.put(config.home, *(folder / name for name in names))
    return record


def gather_logs(config: Config, run_id: str, nodes: Sequence[str]) -> None:
    """Makes one log of those of the nodes, which ran on machines of their own, some at the same time."""
    folder = config.home.run(run_id)
    with (folder / directory.LOG).open("wb") as log:
        for path in (folder / f"{node}.log" for node in nodes):
            if path.exists():
                with path.open("rb") as part:
                    shutil.copyfileobj(part, log)
