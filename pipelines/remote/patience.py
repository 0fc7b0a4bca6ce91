"""What to say of a run of which nothing is heard: why its step cannot start, or that it is gone."""

import time
from collections.abc import Callable
from functools import cached_property

from configs.errors import MillraceError
from configs.schema.config import Config
from pipelines.remote import workloads
from pipelines.remote.liveness import find_end
from pipelines.remote.service import Run, Service, Step
from pipelines.remote.workloads import Pod, Workloads

SILENCE = 60.0  # seconds in which nothing of a run changes, until one looks into why


class Patience:
    """Watches a run for silence; `say` is told why, once for each reason."""

    def __init__(
        self, service: Service, config: Config, say: Callable[[str], None], deadline: float | None = None
    ) -> None:
        self.service, self.config, self.say, self.deadline = service, config, say, deadline
        self.state, self.since, self.looked = "", time.monotonic(), 0.0
        self.said = set[str]()

    @cached_property
    def kubernetes(self) -> Workloads | None:
        """Who asks Kubernetes; its client takes seconds to load, which a run that goes well need not wait for."""
        return workloads.connect(self.config.cluster.namespace)

    def explain(self, run: Run, step: Step) -> str:
        """Returns why the newest pod of a step has ended, in Kubernetes' words; nothing where that is not known."""
        pods = [pod for pod in self._list_pods(run) if pod.task == step.name and pod.reason]
        return pods[-1].reason if pods else ""

    def look(self, run: Run, news: bool) -> str | None:
        """Takes a look at a run; returns why no more is to be waited for, None where it goes on."""
        now, state = time.monotonic(), repr((run.state, [(step.name, step.state, step.tries) for step in run.steps]))
        if news or state != self.state:
            self.state, self.since, self.looked = state, now, now
        if run.ended or now - max(self.since, self.looked) < min(SILENCE, self.deadline or SILENCE):
            return None
        self.looked = now
        if gone := find_end(self.config, run.run):
            return gone
        if _is_at_work(run):
            return None
        reason = self._find_reason(run)
        self.tell(reason)
        if self.deadline is not None and now - self.since >= self.deadline:
            self._give_up(run)
            return f"nothing of it has started for {now - self.since:.0f} s, and it is told to end. {reason}"
        return None

    def tell(self, reason: str) -> None:
        """Says a reason, once."""
        if reason not in self.said:
            self.said.add(reason)
            self.say(reason)

    def _find_reason(self, run: Run) -> str:
        waiting = [pod for pod in self._list_pods(run) if pod.phase == "Pending"]
        if waiting:
            return "; ".join(f"{pod.task} cannot start: {pod.reason or 'its pod is pending'}" for pod in waiting)
        asked = f"kubectl describe pods --namespace {self.config.cluster.namespace} --selector pipeline/runid={run.run}"
        return f"Nothing has started for {SILENCE:.0f} s. What keeps it: {asked}"

    def _list_pods(self, run: Run) -> list[Pod]:
        return self.kubernetes.list_pods(run.run) if self.kubernetes else []

    def _give_up(self, run: Run) -> None:
        try:
            self.service.cancel(run.run)
        except MillraceError as error:
            self.say(f"It could not be ended: {error}")


def _is_at_work(run: Run) -> bool:
    """Tells whether a pod of a step runs: of a step that waits for its machine, Argo's node is pending."""
    for step in run.steps:
        tries = [each.state for each in step.tries]
        if (tries[-1] if tries else step.state) == "RUNNING":
            return True
    return False
