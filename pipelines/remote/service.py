"""What runs a pipeline elsewhere: Kubeflow Pipelines, or Vertex AI; the same to whoever hands one in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from configs.quantities import count

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")


@dataclass(frozen=True)
class Try:
    """One try at a step, and the name by which its log is asked for."""

    state: str
    node: str


@dataclass(frozen=True)
class Step:
    """One step as the service tells of it, and the nodes that it launches; `error` is in the service's words.

    Its tries are known where each has a pod.
    """

    name: str
    state: str
    error: str = ""
    tries: tuple[Try, ...] = ()
    nodes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Which nodes it launches, as a person reads it; of one that launches none, its name."""
        return " to ".join(dict.fromkeys([self.nodes[0], self.nodes[-1]])) if self.nodes else self.name

    def __str__(self) -> str:
        return f"{self.title} (try {len(self.tries)})" if len(self.tries) > 1 else self.title


@dataclass(frozen=True)
class Run:
    """One run as the service tells of it."""

    run: str
    name: str
    url: str
    state: str
    created: str = ""
    steps: tuple[Step, ...] = ()
    error: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing of it will change."""
        return self.state in ENDED

    @property
    def exit_code(self) -> int | None:
        """0 where it succeeded, 1 where it ended otherwise, None where it goes on; the run's own is in its logs."""
        return (0 if self.state == "SUCCEEDED" else 1) if self.ended else None

    def as_data(self) -> dict[str, Any]:
        """Returns it as plain data."""
        return {**asdict(self), "exit_code": self.exit_code}

    def __str__(self) -> str:
        at_work = ", ".join(str(step) for step in self.steps if step.state == "RUNNING")
        done = sum(len(step.nodes) for step in self.steps if step.state in ("SUCCEEDED", "SKIPPED"))
        return f"{self.state.lower()}, {count(done, 'node')} done" + (f", at work: {at_work}" if at_work else "")


@dataclass(frozen=True)
class Recurring:
    """A recurring run as the service has it: `made_of` tells which pipeline it runs, `given` with which parameters.

    The first is a digest, and the release that it was made for; the second a digest alone.
    """

    id: str
    name: str
    cron: str
    enabled: bool
    no_catchup: bool
    max_concurrency: int
    service_account: str
    made_of: str
    given: str
    url: str = ""


class Service(Protocol):
    """What a service does for the pipeline of one config; each method may raise MillraceError."""

    service_account: str
    release: str | None  # of the service, where it has any and tells it

    def submit(self, compiled: str, parameters: Mapping[str, Any]) -> Run:
        """Starts a run."""

    def get_run(self, run_id: str) -> Run:
        """Returns a run as it stands."""

    def read_log(self, run_id: str, step: str, node: str) -> str:
        """Returns what a try at a step has said so far; nothing where that is not to be had."""

    def repeat(self, run_id: str, asked: str) -> Run:
        """Starts a run of what another is made of, with its parameters; `asked` says who wants it and why."""

    def cancel(self, run_id: str) -> None:
        """Has a run end now: the step at work is stopped, and its last step comes."""

    def newest(self) -> list[Run]:
        """Returns the newest runs, newest first."""

    def cron(self) -> str:
        """Returns the schedule's cron as the service reads it; raises ConfigError where it cannot say the same."""

    def recurring(self) -> list[Recurring]:
        """Returns the recurring runs of the pipeline, newest first."""

    def make(self, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
        """Makes a recurring run; returns it with its id."""

    def renew(self, present: Recurring, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
        """Has a recurring run go on with another pipeline, or one in its place; returns it."""

    def find_running(self, recurring: Recurring) -> str | None:
        """Returns a run of a recurring one that has not ended, and that would be lost with it."""

    def delete(self, recurring: Recurring, now: bool = False) -> str:
        """Deletes a recurring run; returns what to say where that has to wait for a run of it, which `now` ends."""

    def switch(self, recurring: Recurring, enabled: bool) -> None:
        """Lets a recurring run go on, or pauses it."""

    def trigger(self, recurring: Recurring, asked: str) -> Run:
        """Starts a run of what a recurring run is made of; `asked` says who wants it and why."""

    def last_run(self, recurring: Recurring) -> Run | None:
        """Returns the newest run of a recurring one."""
