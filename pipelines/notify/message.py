"""What is told of a run or of a schedule: one message a cause, which holds no value of the data.

What is said of data, and of a model's slices, may quote cells: of these the place and the report are named alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from components.evaluation.judgement import OVERALL, Failure
from components.registry.challenger import ASIDE, Challenger
from configs.errors import DataRejected, MillraceError, NotBlessed
from configs.quantities import count
from configs.schema.notify import Event
from pipelines.runs.outcomes import as_data

Record = Mapping[str, Any]  # of a run, or what stands for one that was not due
TROUBLES: tuple[Event, ...] = (
    "refused",
    "failed",
    "paused",
    "stale",
)  # that end with a good run, the last if it publishes


@dataclass(frozen=True)
class Message:
    """What is told: of which pipeline, what happened, where, what to do, why it ran, and where the report lies."""

    pipeline: str
    event: Event
    what: str
    where: str = ""
    remedy: str = ""
    reason: str = ""
    run: str = ""
    report: str = ""

    @property
    def cause(self) -> str:
        """What it has in common with those of the same cause, whose figures may differ."""
        told = f"{self.what} {self.where}"
        return f"{self.event}: {told if self.event == 'not_blessed' else re.sub(r'[0-9]+', '#', told)}"

    @property
    def subject(self) -> str:
        """It in a line."""
        return f"{self.pipeline} {self.event.replace('_', ' ')}: {self.what}"

    @property
    def text(self) -> str:
        """All of it, a line each."""
        told = {"Where": self.where, "Remedy": self.remedy, "Why it ran": self.reason, "Run": self.run}
        return "\n".join(
            [self.subject, *(f"{name}: {value}" for name, value in {**told, "Report": self.report}.items() if value)]
        )

    def as_data(self) -> dict[str, str]:
        """Returns all of it as plain texts, by name."""
        return {**asdict(self), "text": self.text}


def list_messages(record: Record, stale: str | None, open_causes: Sequence[str]) -> list[Message]:
    """Returns what is to be told of a run's record; `stale` says that nothing was published for too long.

    `open_causes` are those of the troubles that were told and have not ended.
    """
    decision = record["decision"] or {}
    about = {"pipeline": record["pipeline"], "reason": decision.get("text", "")}
    if record["run"] is None:
        paused = decision.get("pause")
        found = [Message(event="paused", what=f"The schedule is paused, as {paused}", remedy=RESUME, **about)]
        return (found if paused else []) + _tell_stale(stale, about)
    about |= {"run": record["run"], "report": f"{record['folder']}/report.html"}
    if record["exit_code"] and not record["stopped"]:
        return [_tell_failure(record, about), *_tell_stale(stale, about)]
    if record["exit_code"]:
        return []
    ended = TROUBLES if record["published"] else TROUBLES[:-1]
    troubles = [cause for cause in open_causes if cause.partition(":")[0] in ended]
    found = [Message(event="recovered", what="A run has ended well again", **about)] if troubles else []
    if record["published"]:
        found.insert(0, Message(event="published", what=f"Version {record['published']} is in service", **about))
    return [*found, *_tell_stale(None if record["published"] else stale, about)]


def list_contest(pipeline: str, challengers: Sequence[Challenger]) -> dict[str, Message]:
    """Returns what is to be told of challengers, by what each message is known by: that it waits, and how that ended.

    Of one whose place a newer took it is the newer that is told of, and of one that a person promoted nothing more.
    """
    found: dict[str, Message] = {}
    for each in challengers:
        line, end = each.line, each.end
        what = f"The model of run {line['run']} waits as a challenger of what is in service"
        found[f"{each.number} waits"] = Message(pipeline, "waiting", what, run=line["run"])
        if end and end["event"] == ASIDE:
            what = f"The model of run {line['run']} was set aside as a challenger: {end['why']}"
            found[f"{each.number} ended"] = Message(pipeline, "set_aside", what, run=line["run"])
        elif end and end["won"]:
            what = f"Version {end['version']} is in service: {end['won']}"
            found[f"{each.number} ended"] = Message(pipeline, "published", what, run=line["run"])
    return found


def tell_unanswered(pipeline: str, error: MillraceError) -> Message:
    """Returns what is told of a pipeline that could not be asked whether to train."""
    record = {"error": as_data(error), "exit_code": error.exit_code, "nodes": []}
    told = _tell_failure(record, {"pipeline": pipeline})
    return replace(told, what=f"It cannot be asked whether to train: {told.what}")


def tell_answered(pipeline: str) -> Message:
    """Returns what is told once it can be asked again."""
    return Message(pipeline, "recovered", "It can be asked again whether to train")


def _tell_failure(record: Record, about: Mapping[str, str]) -> Message:
    error, code = record["error"], record["exit_code"]
    first = error["what"].splitlines()[0]
    if code == DataRejected.exit_code:
        node = next((node["node"] for node in record["nodes"] if node["state"] == "failed"), "a look at it")
        what, where = f"The data was refused by {node}", _name_place(error["where"])
        return Message(event="refused", what=what, where=where, remedy="See the report.", **about)
    if code == NotBlessed.exit_code:
        return Message(event="not_blessed", what=_tell_missed(record) or first, remedy="See the report.", **about)
    return Message(event="failed", what=first, where=error["where"], remedy=error["remedy"], **about)


def _tell_missed(record: Record) -> str:
    """Returns the thresholds that the model missed; slices, which values name, are counted."""
    details = [node["details"] for node in record["nodes"] if node["node"] == "Evaluator"]
    missed = [Failure(**failure) for each in details for failure in each.get("missed", ())]
    told = [str(failure) for failure in missed if failure.slice == OVERALL]
    slices = len({failure.slice for failure in missed} - {OVERALL})
    told += [f"thresholds are missed on {count(slices, 'slice')}"] if slices else []
    return f"The model was not blessed: {'; '.join(told)}" if told else ""


def _name_place(where: str) -> str:
    """Returns a place without the value that a folder of a partition is named by."""
    return re.sub(r"(/[^/=]+=)[^/]+", r"\1…", where)


def _tell_stale(stale: str | None, about: Mapping[str, str]) -> list[Message]:
    return [Message(event="stale", what=stale, remedy="See why its runs publish nothing.", **about)] if stale else []


RESUME = "Mend the cause, then: millrace schedule resume CONFIG"
