"""What a container of a cluster does: some nodes of one run in turn, or the run's end.

This process draws no screen and never imports TensorFlow. It holds the lease, takes the signals and tells how each node
ended. What records can answer for it answers itself; other nodes run in a child, as all nodes do on one machine.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from components.validation.column_patterns import resolve
from configs.copies import is_url
from configs.errors import ConfigError, MillraceError
from configs.loading.loader import load
from configs.nodes import DECIDE
from configs.schema.config import Config
from configs.schema.kubernetes import METADATA
from pipelines.execution import memory_limit, recollection, secret_manager
from pipelines.execution.finalize import finish_run
from pipelines.execution.local_runner import decline, ignore_signals, run_worker, stoppable
from pipelines.graph import fingerprint
from pipelines.graph.nodes import choose_nodes
from pipelines.remote.liveness import find_end
from pipelines.reporting.console import line
from pipelines.reporting.testimony import tell
from pipelines.runs.directory import begin_run, read_decision
from pipelines.runs.lease import hold_pipeline
from pipelines.runs.mlmd import SUCCESSFUL, connection, read_executions
from pipelines.runs.outcomes import Outcome, as_error, failure, read_outcomes, write_outcome
from pipelines.runs.run import Run
from pipelines.storage import sync

QUIET = 30.0  # seconds between two lines on how far a node is
SHOWN = ("node", "state", "seconds", "text")  # of an outcome, what the log tells of it


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

    def take(self) -> Config:
        """Returns the config, where this image and the volume are fit for it; raises MillraceError where not."""
        if mismatch := self.mismatch():
            raise mismatch
        config = self.config()
        require_volume(self.root, config.name)
        return config


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


def run_step(config: Config, run: Run, nodes: Sequence[str], cache: bool, say: Callable[[str], None]) -> list[Outcome]:
    """Runs nodes of one run in turn and returns how each ended, which is on record then; the first to fail is the last.

    Again is safe: a success and a verdict are returned at once. Raises ConfigError for a node that is none, and
    MillraceError for a run that has ended, whose record stays as it is.
    """
    for node in nodes:
        choose_nodes(config, node)
    heard, died = Listener(say, partial(keep_outcome, run)), None
    with stoppable():
        try:
            sync.fetch_files(
                config.home, run.folder, only=lambda name: name.endswith((run.number.name, run.started.name, ".json"))
            )
        except MillraceError as error:
            died = error
        if died is None:
            require_open(run)
            died = _work(config, run, nodes, cache, heard)
    if died or not heard.ended(nodes):
        died = died or MillraceError("The process ended without a word.", remedy="The run's log.txt may say why.")
        node = heard.at_work(nodes)
        heard.take(failure(node, died, heard.seconds()))
        write_outcome(run, heard.outcomes[-1])
    return hand_in(run, heard.outcomes, run.node_log(nodes[0]))


def require_open(run: Run) -> None:
    """Raises MillraceError for a run that has ended: its end, which tells what came of it, would not come again."""
    if run.record.exists():
        what = "This run has ended, and its record is written"
        raise MillraceError(what, run.id, "Submit again: what is done is not done again, by the cache and checkpoints.")


def _work(config: Config, run: Run, nodes: Sequence[str], cache: bool, heard: "Listener") -> MillraceError | None:
    """Lets records answer for the first of the nodes, and a child run the others; returns why it died, if it did."""
    try:
        _answer(nodes, heard, lambda node: recall_outcome(config, run, node))
        if heard.ended(nodes):
            return None
        with hold_pipeline(config, run.id, partial(find_end, config)), sync.working(config, run, heard.left(nodes)):
            resolved = resolve(config)
            if not run.number.exists():
                sync.fetch_numbers(config.home)
            begin_run(resolved, run)
            if cache and (known := recollection.recall_settled(config)):
                _answer(nodes, heard, lambda node: recollection.repeat_node(config, run, node, known))
            if heard.ended(nodes):
                return None
            kills = memory_limit.count_kills()
            died = run_worker(resolved, run, heard.left(nodes), cache, heard, run.node_log(nodes[0]))
            ignore_signals()
            if died and memory_limit.count_kills() > kills:
                return memory_limit.explain(config, heard.at_work(nodes))
            return died
    except MillraceError as error:
        return error


def _answer(nodes: Sequence[str], heard: "Listener", ask: Callable[[str], Outcome | None]) -> None:
    """Takes the answers for the nodes that are left, up to the first that there is none for."""
    for node in heard.left(nodes):
        if heard.ended(nodes) or (known := ask(node)) is None:
            return
        heard.take(known)


def keep_outcome(run: Run, outcome: Outcome) -> None:
    """Puts how a node ended into the store, if there is one: the container may be killed at the next node."""
    with suppress(MillraceError):  # the end of the step tries again, and says so
        sync.put_files(run.home, *filter(Path.exists, [run.outcome(outcome.node)]))


def hand_in(run: Run, outcomes: Sequence[Outcome], log: Path) -> list[Outcome]:
    """Puts what a step leaves beside its artifacts into the store, if there is one; a success without it is none."""
    files = (run.number, run.started, run.config, log, *(run.outcome(outcome.node) for outcome in outcomes))
    try:
        sync.put_files(run.home, *filter(Path.exists, files))
    except MillraceError as error:
        *others, last = outcomes
        return [*others, failure(last.node, error, last.seconds) if last.succeeded else last]
    return list(outcomes)


class Listener:
    """Takes what the nodes' process reports: how far each is, which is said now and then, and how it ended."""

    def __init__(self, say: Callable[[str], None], keep: Callable[[Outcome], None] = lambda _outcome: None) -> None:
        self.say, self.keep = say, keep
        self.spoke = self.began = time.monotonic()
        self.node: str | None = None
        self.outcomes: list[Outcome] = []

    def __call__(self, event: Mapping[str, Any]) -> None:
        if "outcome" in event:
            self.take(Outcome(**event["outcome"]))
            return
        if event["node"] != self.node:
            self.node, self.began = event["node"], time.monotonic()
            self.say(f"{self.node} begins")
            self.say(tell({"node": self.node, "state": "running"}))
        if event["text"] and (event.get("landmark") or time.monotonic() - self.spoke > QUIET):
            self.spoke = time.monotonic()
            self.say(f"{event['node']} running: {event['text']}")

    def take(self, outcome: Outcome) -> None:
        """Takes how a node ended, and says it to a person and to a program."""
        self.outcomes.append(outcome)
        self.keep(outcome)
        self.began = time.monotonic()
        shown = {key: value for key, value in asdict(outcome).items() if key in SHOWN}
        self.say(line(shown))
        self.say(tell({"outcome": shown}))

    def left(self, nodes: Sequence[str]) -> list[str]:
        """Returns the nodes that have not ended."""
        ended = {outcome.node for outcome in self.outcomes}
        return [node for node in nodes if node not in ended]

    def ended(self, nodes: Sequence[str]) -> bool:
        """Tells whether no other node is to come: all have ended, or one has failed."""
        return not self.left(nodes) or any(not outcome.succeeded for outcome in self.outcomes)

    def at_work(self, nodes: Sequence[str]) -> str:
        """Returns the node that has not ended and was begun, the last one where all have ended."""
        return next(iter(self.left(nodes)), nodes[-1])

    def seconds(self) -> float:
        """Returns how long it is at work."""
        return time.monotonic() - self.began


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
    recollection.keep_settled(config, run, record)
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
