"""What a run elsewhere comes to, by what its steps' logs tell: its nodes one by one, its exit code, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from configs.errors import ConfigError, DataRejected, NotBlessed, PipelineBusy
from configs.nodes import FINISH
from pipelines.remote.service import ENDED, Run, Service, Step, Try
from pipelines.reporting import testimony
from pipelines.reporting.console import OUTCOMES, paragraph
from pipelines.runs.outcomes import SUCCESSES

VERDICTS = {error.exit_code for error in (ConfigError, DataRejected, NotBlessed, PipelineBusy)}
STATES = {"SUCCEEDED": "done", "SKIPPED": "not run", "RUNNING": "running"}  # of a step whose log is not to be had
ORDINALS = {1: "st", 2: "nd", 3: "rd"}  # a step is tried no twenty times
Event: TypeAlias = Mapping[str, Any]
Explain = Callable[[Run, Step], str]


@dataclass(frozen=True)
class Ending:
    """What became of a run: the run's own exit code, what to say of it, and the version that it has published."""

    exit_code: int
    text: str
    published: int | None = None


def know_nothing(run: Run, step: Step) -> str:
    """Explains nothing of a try that says itself nothing."""
    return ""


class Witness:
    """Reads what a run's nodes do, and how it ends, out of its logs.

    A step's verdict comes again however often the cluster tries that step, so it is how the run ends as soon as it is
    there; else the run's last step tells. `explain` tells of a step whose try has ended without a word why it has.
    """

    def __init__(self, service: Service, explain: Explain = know_nothing) -> None:
        self.service, self.explain = service, explain
        self.told, self.closed = dict[str, int](), set[str]()  # by a try's node: how many lines are told, and all of it
        self.states, self.notes = dict[str, str](), dict[str, str]()
        self.outcomes = dict[str, Event]()  # by node, as the newest try has told it
        self.ending: Ending | None = None

    def look(self, run: Run) -> list[Event]:
        """Returns what is new of the run's nodes, as a screen takes it; `ending` says how it ends, if known."""
        found = [event for step in run.steps if step.nodes for event in self._look_at(run, step)]
        if run.ended and self.ending is None:
            self.ending = self._find_end(run)
        return found

    def _look_at(self, run: Run, step: Step) -> list[Event]:
        found, heard = list[Event](), False
        for number, each in enumerate(step.tries, 1):
            if each.node in self.closed or each.state == "PENDING":
                continue
            if self.ending:  # a verdict, which each further try repeats
                break
            told = testimony.read_all(self.service.read_log(run.run, step.name, each.node))
            new, self.told[each.node] = told[self.told.get(each.node, 0) :], len(told)
            found += [self._note(data) for data in new if self._is_new(data)]
            heard = heard or bool(told)
            if each.state in ENDED:
                self.closed.add(each.node)
                found += self._close(run, step, each, number, told)
        if not heard and not self.closed & {each.node for each in step.tries}:
            found += self._tell_state(step)
        return found

    def _is_new(self, data: dict[str, Any]) -> bool:
        """Whether a line is one of a node, and not what a further try says again of what was done before."""
        outcome = data.get("outcome")
        return testimony.ENDS not in data and not (outcome and self.outcomes.get(outcome["node"]) == outcome)

    def _note(self, data: dict[str, Any]) -> Event:
        """Returns an event of a log's with what is known of the tries before."""
        node = data["outcome"]["node"] if "outcome" in data else data["node"]
        note = self.notes.get(node, "")
        if "outcome" not in data:
            return {"node": node, "state": "running", "text": note}
        self.outcomes[node] = data["outcome"]
        text = " ".join(filter(None, (data["outcome"].get("text"), f"({note})" if note else "")))
        return {"outcome": {"seconds": 0.0, **data["outcome"], "text": text}}

    def _close(self, run: Run, step: Step, ended: Try, number: int, told: list[dict[str, Any]]) -> list[Event]:
        """Returns what is to be told of a try that has ended, beside what its log tells of nodes."""
        if ended.state == "SUCCEEDED":
            return [_outcome(node, "done") for node in step.nodes if node not in self.outcomes]
        final = told[-1] if told and testimony.ENDS in told[-1] else {}
        if final.get(testimony.ENDS) in VERDICTS:
            self.ending = self.ending or _judge(final)
        states = {node: outcome["state"] for node, outcome in self.outcomes.items()}
        left = [node for node in step.nodes if states.get(node) not in SUCCESSES]
        node = final.get("node") or next(iter(left), step.nodes[-1])
        why = final.get("what") or self.explain(run, step) or step.error or "failed"
        self.notes[node] = f"{_ordinal(number + 1)} try; the {_ordinal(number)}: {why}"
        if step.state not in ENDED and self.ending is None:
            return [{"node": node, "state": "running", "text": self.notes[node]}]
        return [] if states.get(node) == "failed" else [_outcome(node, "failed", why)]

    def _tell_state(self, step: Step) -> list[Event]:
        """Returns what a step's state tells of its nodes, where its log tells nothing."""
        if self.states.get(step.name) == step.state:
            return []
        self.states[step.name] = step.state
        state = STATES.get(step.state, "failed" if step.state in ENDED else "")
        if state == "running":
            return [{"node": step.nodes[0], "state": state, "text": ""}]
        return [_outcome(node, state, step.error) for node in step.nodes] if state else []

    def _find_end(self, run: Run) -> Ending | None:
        tries = next((step.tries for step in run.steps if step.name == FINISH), ())
        told = testimony.read(self.service.read_log(run.run, FINISH, tries[-1].node)) if tries else {}
        return Ending(told["exit_code"], told["text"].strip(), told["published"]) if told else None


def _outcome(node: str, state: str, text: str = "") -> Event:
    return {"outcome": {"node": node, "state": state, "seconds": 0.0, "text": text}}


def _ordinal(number: int) -> str:
    return f"{number}{ORDINALS.get(number, 'th')}"


def _judge(told: Mapping[str, Any]) -> Ending:
    said = paragraph(told["what"], told["where"], told["remedy"])
    return Ending(told["exit_code"], f"{OUTCOMES.get(told['exit_code'], 'Failed')}; nothing was published.\n{said}")
