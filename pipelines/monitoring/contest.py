"""The contest: the challenger that waits, beside the version in service, on each span that neither was trained on.

A span is won where the challenger reaches every threshold on its rows, as the gate has them. It goes into service when
it has won as many as the config says, and is set aside when it loses one. What came of each is written down before the
next is looked at: a contest that was killed is gone on with.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from components.evaluation.direction import COUNT
from components.evaluation.judgement import OVERALL, Failure
from components.evaluation.tally import Estimate, Tally, list_missed
from components.patches.stderr import silence
from components.readers.sources import open_source
from components.readers.spans import Choice, Span, find_all
from components.registry.challenger import (
    ASIDE,
    COMPARED,
    TAKEN,
    Challenger,
    Contest,
    find_newest,
    find_waiting,
    keep_event,
    tell_waiting,
)
from components.registry.door import Admit, Candidate, admit, find_refusal
from components.registry.model_registry import Record, publish
from components.registry.versions import Version, history, in_service
from configs.errors import DataRejected, MillraceError, NotBlessed, PipelineBusy
from configs.schema.config import Config
from configs.schema.evaluation import Threshold
from pipelines.execution.span_changes import find_newest_span
from pipelines.monitoring.labelled_rows import Source, find_source, read_rows
from pipelines.monitoring.look import add_labelled, score_rows
from pipelines.runs.lease import guard_service
from pipelines.serving.batch_predict import read_config
from pipelines.storage import sync

UNCOMPARED = "the challenger could not be compared"


def hold_contest(config: Config, admit: Admit = admit) -> Contest:
    """Compares the challenger that waits on each new span, and puts it into service or sets it aside.

    To be asked by who holds the pipeline. What keeps it from being compared is said, and fails nothing.
    """
    home, said = config.home, list[str]()
    if config.evaluation.shadow is None:
        return Contest()
    try:
        sync.fetch_records(home)
        sync.fetch_challenger(home)
        with silence():  # TensorFlow
            for text in _settle(config, admit):
                said.append(text)
        sync.put_challenger(home)
    except (MillraceError, OSError) as error:
        return Contest((*said, f"{UNCOMPARED}: {error}"))
    waiting = find_waiting(home)
    if waiting and waiting.events and waiting.events[-1]["won"] is None:  # a run may tell what is wrong with that span
        return Contest(tuple(said))
    return Contest(tuple(said), tell_waiting(home, config.evaluation.shadow))


def _settle(config: Config, admit: Admit) -> Iterator[str]:
    """Goes on with the contest as far as the data go, and yields what came of it."""
    home = config.home
    newest, champion = find_newest(home), in_service(home)
    if newest is None or newest.end or champion is None or config.evaluation.shadow is None:
        return
    if champion.model_digest == newest.digest:  # by a person; or one that was killed came no further
        won = champion.manifest["reason"] if champion.manifest["event"] == "published" else ""
        keep_event(home, newest, TAKEN, version=champion.number, won=won)
        return
    if why := _find_fault(config, newest, champion):
        yield _set_aside(config, newest, champion, why)
        return
    version = Version(newest.number, home.challenger.serving / str(newest.number), newest.line)
    wins, needed = newest.list_won(champion.model_digest), config.evaluation.shadow.spans
    for span in list_pending(config, newest, champion) if len(wins) < needed else ():
        event = compare_on(config, version, champion, span)
        keep_event(home, newest, COMPARED, **event)
        if event["won"] is False:
            yield _set_aside(config, newest, champion, _tell_lost(event))
            return
        yield f"the challenger has won span {span.name}" if event["won"] else f"{UNCOMPARED}: {event['why']}"
        wins = [*wins, *([span.name] if event["won"] else [])]
        if len(wins) == needed:
            break
    if len(wins) >= needed:
        why = f"as a challenger it won on span {', '.join(wins)} against version {champion.number}"
        yield _put_into_service(config, newest, version, champion, why, admit)


def _find_fault(config: Config, challenger: Challenger, champion: Version) -> str:
    """Returns why a challenger can be put into service no more; an empty text where it can."""
    for event in challenger.list_compared(champion.model_digest):
        if event["won"] is False:  # and one that was killed came no further
            return _tell_lost(event)
    try:
        in_service(config.home.challenger)
    except MillraceError as error:
        return str(error.what).rstrip(".")
    if refusal := find_refusal(history(config.home), challenger.digest):
        return f"it was in service, and was rolled away from by {refusal['by']} at {refusal['at']}"
    return ""


def _tell_lost(event: Mapping[str, Any]) -> str:
    return f"on span {event['span']} {'; '.join(event['missed'])}"


def _set_aside(config: Config, challenger: Challenger, champion: Version, why: str) -> str:
    against = {"against": champion.model_digest, "version": champion.number}
    keep_event(config.home, challenger, ASIDE, why=why, **against)
    return f"the model of run {challenger.line['run']} was set aside as a challenger: {why}"


def _put_into_service(
    config: Config, challenger: Challenger, version: Version, champion: Version, why: str, admit: Admit
) -> str:
    """Publishes the challenger through the door, unless what is in service is not what it has won against any more."""
    home, line = config.home, challenger.line
    try:
        with guard_service(config, "challenger"):
            sync.fetch_service(home)
            record = Record(line["run"], why, line["metrics"])
            published = publish(home, Candidate(version.path), record, champion.model_digest, admit)
            sync.put_service(home)
    except (NotBlessed, PipelineBusy) as error:
        return f"the challenger waits on: {error.what}"
    keep_event(home, challenger, TAKEN, version=published.version.number, won=why)
    return f"version {published.version.number} is in service: {why}"


def list_pending(config: Config, challenger: Challenger, champion: Version) -> list[Span]:
    """Returns the complete spans, oldest first, that neither was trained on and on which they were not compared.

    Raises MillraceError where it is not known what the challenger was trained on.
    """
    own, other = (find_newest_span(config, run) for run in (challenger.line["run"], champion.manifest["run"]))
    if own is None:
        remedy = "Put it into service by `millrace promote`, or run again: a newer one takes its place."
        raise MillraceError("its run, which tells what it was trained on, is gone.", challenger.line["run"], remedy)
    compared = {event["span"] for event in challenger.list_compared(champion.model_digest)}
    there = find_all(*open_source(config.data), Choice.of(config.data))
    newest = max(own, own if other is None else other)
    return [span for number, span in there.items() if number > newest and span.name not in compared]


def compare_on(config: Config, challenger: Version, champion: Version, span: Span) -> dict[str, Any]:
    """Returns what the rows of a span tell of the two, by the thresholds of the config.

    `won` is None where they do not tell enough, or a cell would be refused; `why` says so.
    """
    about = {"span": span.name, "against": champion.model_digest, "version": champion.number}
    try:
        source = find_source(config, None, span.name)
        ours, theirs = (measure(version, source) for version in (challenger, champion))
    except DataRejected as error:
        return {**about, "won": None, "why": f"span {span.name}: {error}"}
    thresholds = config.evaluation.thresholds
    untold = [name for name in thresholds if name not in ours or name not in theirs]
    if untold:
        return {**about, "won": None, "why": f"the rows of span {span.name} do not tell {', '.join(untold)}"}
    if ours[COUNT].value != theirs[COUNT].value:
        return {**about, "won": None, "why": f"of span {span.name} the two configs read different rows"}
    missed = [*list_missed(thresholds, ours.values()), *list_fallen(thresholds, ours, theirs)]
    figures = {name: [ours[name].value, theirs[name].value] for name in ours if name in theirs}
    return {**about, "won": not missed, "figures": figures, "missed": list(map(str, missed))}


def measure(version: Version, source: Source) -> dict[str, Estimate]:
    """Returns the metrics of a version over all rows that have a label, by the config that it came from."""
    served = read_config(version)
    tally = Tally(served.label, [()])
    for batch, answers in score_rows(version, served, read_rows(source, served)):
        add_labelled(tally, batch, answers, served)
    return {each.metric: each for each in tally.estimate()}


def list_fallen(
    thresholds: Mapping[Any, Threshold], ours: Mapping[str, Estimate], theirs: Mapping[str, Estimate]
) -> list[Failure]:
    """Returns the metrics that are farther behind the version in service than they may be."""
    found = []
    for name, each in thresholds.items():
        change = ours[name].value - theirs[name].value
        limit = each.max_rise if each.max_drop is None else -each.max_drop
        if limit is not None and (change > limit if each.max_drop is None else change < limit):
            found.append(Failure(OVERALL, name, ours[name].value, limit, "change", theirs[name].value))
    return found
