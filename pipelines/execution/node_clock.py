"""How long the node at work has taken, and its end where that is longer than `resources` and its `timeout` allow."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from configs.errors import MillraceError
from configs.progress import spell_duration
from configs.schema.config import Config
from configs.schema.resources import Resources
from pipelines.runs.outcomes import failure, write_outcome
from pipelines.runs.run import Run

Event = Mapping[str, Any]
TICK = 0.25  # seconds between two looks
NEAR = 0.8  # of its time: from then on the screen says when a node is ended


class NodeClock:
    """Passes on what the nodes' process reports, and ends that process when a try of a node takes too long.

    `end` is called for it, from a thread of the clock's own, and `exceeded` says why.
    """

    def __init__(self, config: Config, watch: Callable[[Event], None], end: Callable[[], None]) -> None:
        self.config, self.watch, self.end = config, watch, end
        self.node, self.text, self.began, self.warned = "", "", time.monotonic(), False
        self.exceeded: MillraceError | None = None
        self.stopped, self.lock = threading.Event(), threading.RLock()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "NodeClock":
        if any(machine.timeout for machine in self.config.resources.values()):
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        if self.thread.is_alive():
            self.thread.join()

    def take(self, event: Event) -> None:
        """Passes an event on; one of another node, or of another try, starts the clock."""
        with self.lock:
            if "outcome" in event:
                self.node = ""
            else:
                if event["node"] != self.node or event.get("again"):
                    self.node, self.began, self.warned = event["node"], time.monotonic(), False
                self.text = event["text"]
                event = {**event, "text": ", ".join(filter(None, (self.text, self._tell_left())))}
            self.watch(event)

    def seconds(self) -> float:
        """Returns how long the node is at work."""
        return time.monotonic() - self.began

    def record(self, run: Run, error: MillraceError) -> None:
        """Records that the node at work, if there is one, ended with an error that it could not tell of itself."""
        if self.node:
            write_outcome(run, failure(self.node, error, self.seconds()))

    def _look(self) -> None:
        while not self.stopped.wait(TICK):
            with self.lock:
                _, limit = find_limit(self.config, self.node)
                if self.node and limit and self.seconds() >= limit:
                    self.exceeded = explain(self.config, self.node, self.text)
                    self.end()
                    return
                if left := self._tell_left():
                    text = ", ".join(filter(None, (self.text, left)))
                    told = {} if self.warned else {"landmark": True, "warning": True}
                    self.warned = True
                    self.watch({"node": self.node, "state": "running", "text": text, **told})

    def _tell_left(self) -> str:
        key, limit = find_limit(self.config, self.node)
        if not limit or self.seconds() < NEAR * limit:
            return ""
        return f"is ended in {spell_duration(max(0.0, limit - self.seconds()))} by {key}"


def find_limit(config: Config, node: str) -> tuple[str, int | None]:
    """Returns the seconds that a try of a node may take, if they are limited, and the key that says so."""
    given = config.resources.get(node, Resources())
    owner = node if "timeout" in given.model_fields_set else "default"
    return f"resources.{owner}.timeout", config.resources.get(owner, Resources()).timeout


def explain(config: Config, node: str, text: str) -> MillraceError:
    """Returns what to say of a node that took too long; `text` is what it last told of itself."""
    key, limit = find_limit(config, node)
    last = f"; it last told: {text}" if text else ", and told nothing of how far it was"
    what = f"{node} took longer than its {limit} s ({key}), and was ended{last}."
    if config.beam.takes(node):
        return MillraceError(what, node, f"See whether the workers of its engine live; or raise {key}.")
    return MillraceError(what, node, f"Raise {key}, or see in the run's log.txt what it waited for.")
