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
from configs.copies import is_url
from configs.errors import ConfigError, MillraceError
from configs.loading.loader import load
from configs.nodes import DECIDE
from configs.schema.config import Config
from configs.schema.kubernetes import METADATA
from pipelines.execution import memory_limit, secret_manager
from pipelines.execution.finalize import finish_run
from pipelines.execution.local_runner import decline, ignore_signals, run_worker, stoppable
from pipelines.graph import fingerprint
from pipelines.graph.nodes import choose_nodes
from pipelines.runs.directory import begin_run, read_decision
from pipelines.runs.lease import hold_pipeline
from pipelines.runs.mlmd import SUCCESSFUL, connection, read_executions
from pipelines.runs.outcomes import Outcome, as_error, failure, read_outcomes, write_outcome
from pipelines.runs.run import Run
from pipelines.storage import sync

QUIET = 30.0  # seconds between two lines on how far a node is


@dataclass(frozen=True)
class Order:
    """What a compiled pipeline tells each of its steps."""

    path: str  # the config's, whose folder anchors the paths in it; the file itself need not be there
    document: str  # the config's text
    overrides: Sequence[str]
    image: str  # the digest of the image that it was compiled for
    root: str  # stands for storage.root
    metadata_secret: str | None = None  # the name of Google's secret that holds storage.metadata

    def config(self) -> Config:
        """Returns the config, with the root and the metadata store of the cluster."""
        config = load(self.path, [*self.overrides, f"storage.root={json.dumps(self.root)}"], self.document)
        url = secret_manager.read_secret(self.metadata_secret) if self.metadata_secret else os.environ.get(METADATA)
        storage = config.storage.model_copy(update={"metadata": url or config.storage.metadata})
        return config.model_copy(update={"storage": storage})

    def mismatch(self) -> MillraceError | None:
        """Returns what to say when this image holds other code or packages than the order was compiled with."""
        here = fingerprint.of_image(os.environ.get(fingerprint.OWN, ""))
        if self.image == here:
            return None
        return ConfigError(
            f"The pipeline was compiled from code {self.image}, and this image holds code {here}",
            where="--image",
            remedy="Build the image again and push it (`millrace image`), and compile the pipeline from the same code.",
        )


def require_volume(root: str, pipeline: str) -> None:
    """Raises MillraceError where a folder that stands for a cluster's volume is not this user's to write to."""
    for folder in () if is_url(root) else (Path(root), Path(root) / pipeline):
        if not folder.is_dir() or os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            continue
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            raise MillraceError("The volume is mounted to be read only", str(folder), "Its claim needs ReadWriteMany.")
        owner, user, group = folder.stat(), os.geteuid(), os.getegid()
        raise MillraceError(
            f"User {user} may not write to the volume: it belongs to user {owner.st_uid}, group {owner.st_gid}",
            str(folder),
            f"Mount its claim once with `fsGroup: {group}`, as the Job millrace-volume of deploy/base does for 1000; "
            f"where its driver does not heed that, let an administrator give it to {user}:{group}.",
        )


def run_step(config: Config, run: Run, node: str, cache: bool, say: Callable[[str], None]) -> Outcome:
    """Runs one node of one run and returns how it ended, which is on record then.

    Again is safe: a success and a verdict are returned at once. Raises ConfigError for a node that is none.
    """
    choose_nodes(config, node)
    started, heard = time.monotonic(), Listener(say)
    with stoppable():
        try:
            sync.fetch_files(
                config.home, run.folder, only=lambda name: name.endswith((run.number.name, run.started.name, ".json"))
            )
            if known := recall_outcome(config, run, node):
                return known
            with hold_pipeline(config, run.id), sync.working(config, run, [node]):
                resolved = resolve(config)
                if not run.number.exists():
                    sync.fetch_numbers(config.home)
                begin_run(resolved, run)
                kills = memory_limit.count_kills()
                died = run_worker(resolved, run, [node], cache, heard, run.node_log(node))
                ignore_signals()
                if died and memory_limit.count_kills() > kills:
                    died = memory_limit.explain(config, node)
        except MillraceError as error:
            died = error
    if heard.outcome is None or died:
        died = died or MillraceError("The process ended without a word.", remedy="The run's log.txt may say why.")
        heard.outcome = failure(node, died, time.monotonic() - started)
        write_outcome(run, heard.outcome)
    return hand_in(run, heard.outcome)


def hand_in(run: Run, outcome: Outcome) -> Outcome:
    """Puts what a step leaves beside its artifacts into the store, if there is one; a success without it is none."""
    files = (run.number, run.started, run.config, run.node_log(outcome.node), run.outcome(outcome.node))
    try:
        sync.put_files(run.home, *filter(Path.exists, files))
    except MillraceError as error:
        return failure(outcome.node, error, outcome.seconds) if outcome.succeeded else outcome
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


def recall_outcome(config: Config, run: Run, node: str) -> Outcome | None:
    """Returns how a node ended before, if trying again would end the same: a verdict, a success by the metadata, or a
    limit of memory that it has reached and that is the same now.
    """
    known = read_outcomes(run).get(node)
    if known is None or known.is_verdict:
        return known
    if reached := known.details.get(memory_limit.REACHED):
        return known if reached == memory_limit.read_limit() else None
    if not known.succeeded:
        return None
    execution = read_executions(connection(config), config.name, run.id).get(node)
    return known if execution and SUCCESSFUL.get(execution.last_known_state) == known.state else None


def close_run(config: Config, run: Run, interruption: MillraceError | None = None) -> dict[str, Any]:
    """Ends a run, however it went: returns its record, which is written, or what stands for it where none was due."""
    nodes, unreachable = [spec.id for spec in choose_nodes(config)], None
    try:
        sync.fetch_files(config.home, run.folder)
        sync.fetch_service(config.home)
        sync.fetch_challenger(config.home)
        if not run.number.exists():
            sync.fetch_numbers(config.home)
    except MillraceError as error:
        unreachable = error
    decision = read_decision(run)
    if decision and not decision["due"]:
        return decline(config, decision)
    if undecided := read_outcomes(run).get(DECIDE):
        interruption = interruption or as_error(undecided.error or {})
    started = begin_run(config, run)
    gather_logs(run, nodes)
    record = finish_run(config, run, started, nodes, interruption or unreachable)
    if unreachable is None:
        left = (run.number, run.started, run.config, run.log, run.record, run.report, run.figures, run.card)
        sync.put_files(config.home, *filter(Path.exists, left))
    return record


def gather_logs(run: Run, nodes: Sequence[str]) -> None:
    """Makes one log of those of the nodes, which ran on machines of their own, some at the same time."""
    with run.log.open("wb") as log:
        for path in map(run.node_log, nodes):
            if path.exists():
                with path.open("rb") as part:
                    shutil.copyfileobj(part, log)
