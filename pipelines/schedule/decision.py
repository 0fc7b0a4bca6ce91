"""Should this pipeline train now? One answer, with its reasons; it has no clock and no disk of its own.

What it is told of the pipeline is `Facts`, which `facts.py` gathers; what is to be remembered until it is asked again
is part of the answer, and `state.py` keeps it. All moments are in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from configs.quantities import count
from configs.schema.duration import format_duration, read_duration
from configs.schema.schedule import Schedule, When
from pipelines.schedule.times import find_missed, find_next

BUSY = timedelta(minutes=1)  # until it is asked again whether a run has ended
LATE = timedelta(minutes=10)  # after which a time counts as missed
ASTRAY = timedelta(days=1)  # so far a clock may go back before what it said is doubted
VERDICTS = (0, 3, 4)  # exit codes of runs that did what they were to do
SOUND = (0, 4)  # and of those that no failure budget counts


@dataclass(frozen=True)
class Past:
    """A run that is over; one that was killed has neither end nor exit code."""

    run: str
    began: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    stopped: bool = False  # by a signal: it is to be gone on with
    scheduled: bool = True  # and not started by hand

    @property
    def cut_short(self) -> bool:
        """Whether it was stopped or killed before it came to an end of its own."""
        return self.stopped or self.exit_code is None


@dataclass(frozen=True)
class Seen:
    """What the newest look at the version in service found: metrics by name, or how far each column has moved."""

    at: datetime
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Facts:
    """What is known of a pipeline at one moment."""

    runs: Sequence[Past] = ()  # newest first
    running: str | None = None  # who holds the pipeline, in words
    asked: str | None = None  # a person who wants a run, and why
    paused: str | None = None  # by whom, when and why
    handled: datetime | None = None  # up to here the schedule's times are dealt with; None before the first
    resumed: datetime | None = None  # what lies before it is forgiven: times that were missed, runs that failed
    changed: Sequence[str] = ()  # what is not as the last run had it: config, code, packages
    new_spans: int | None = None
    new_rows: int | None = None
    uncounted: str | None = None  # why the new rows or spans could not be counted
    rewritten: Sequence[str] = ()  # spans that changed after a run had seen them
    published: datetime | None = None  # when the version in service came there
    quality: Seen | None = None  # None where no look had labels
    drift: Seen | None = None
    waits: str | None = None  # a challenger, which newer runs would keep from ever winning, and how it stands
    contest: Sequence[str] = ()  # what became of the challenger just now


@dataclass(frozen=True)
class Condition:
    """One thing that the schedule waits for: how much there is of it, and how much has to be."""

    name: str
    figure: float | None  # None where it is not known
    limit: float
    met: bool
    text: str


@dataclass(frozen=True)
class Decision:
    """Whether to train, why, and when to ask again (None: not before something changes)."""

    due: bool
    at: datetime
    reasons: Sequence[str]
    ask_at: datetime | None = None
    conditions: Sequence[Condition] = ()
    notes: Sequence[str] = ()  # what is to be said all the same
    handled: datetime | None = None  # to be remembered, as in `Facts`
    pause: str | None = None  # why the schedule is to be paused from now on

    @property
    def text(self) -> str:
        """The answer in a line."""
        said = f"{'due' if self.due else 'not due'}: {', '.join(self.reasons)}"
        return "; ".join([said, *self.notes])


def decide(schedule: Schedule, facts: Facts, now: datetime) -> Decision:
    """Returns whether a pipeline is to train now."""
    answer = Decision(False, now, (), notes=_note(facts, now), handled=facts.handled)
    if _is_astray(facts.handled, now):
        facts, answer = replace(facts, handled=now), replace(answer, handled=now)
    if _is_astray(facts.resumed, now):
        facts = replace(facts, resumed=None)
    if facts.running:
        return replace(answer, reasons=(facts.running,), ask_at=now + BUSY)
    if facts.asked:
        return replace(answer, due=True, reasons=(facts.asked,), ask_at=find_next(schedule, now), handled=now)
    if facts.paused or not schedule.enabled:
        return replace(answer, reasons=(facts.paused or "paused by schedule.enabled",))
    if why := find_spent(schedule, facts):
        return replace(answer, reasons=(f"paused, as {why}",), pause=why)
    return _resume(facts, answer) or _retry(schedule, facts, answer) or _keep_time(schedule, facts, answer)


def _note(facts: Facts, now: datetime) -> tuple[str, ...]:
    notes = [*facts.contest, *(f"span {span} has changed since it was trained on" for span in facts.rewritten)]
    if facts.handled and facts.handled > now:
        notes.append(f"the clock went back: it stood at {facts.handled:%Y-%m-%d %H:%M:%S} before")
    return tuple(notes)


def find_spent(schedule: Schedule, facts: Facts) -> str | None:
    """Returns why the schedule is to be paused, once its budget of failures is spent."""
    failed = _count_failed(facts)
    return f"{count(failed, 'run')} in a row failed" if failed >= schedule.failures.pause_after else None


def _count_failed(facts: Facts) -> int:
    """Returns how many runs failed in a row, the newest of those that a schedule started among them."""
    failed = 0
    for past in facts.runs:
        if past.exit_code in SOUND or (facts.resumed and past.began <= facts.resumed):
            break
        failed += past.scheduled and not past.stopped
    return failed


def _resume(facts: Facts, answer: Decision) -> Decision | None:
    """Goes on with the newest run where it was cut short."""
    newest = next(iter(facts.runs), None)
    if newest is None or not newest.scheduled or not newest.cut_short:
        return None
    if facts.resumed and newest.began <= facts.resumed:
        return None
    return replace(
        answer, due=True, reasons=(f"run {newest.run} was cut short, and is gone on with",), ask_at=answer.at
    )


def _retry(schedule: Schedule, facts: Facts, answer: Decision) -> Decision | None:
    """Tries again what failed by no fault of config or data, once its time has come, or its next one."""
    newest = next(iter(facts.runs), None)
    if newest is None or newest.ended is None or newest.exit_code != 1 or not newest.scheduled:
        return None
    if facts.resumed and newest.began <= facts.resumed:
        return None
    again = min(newest.ended, answer.at) + read_duration(schedule.failures.retry_in)
    if answer.at >= again:
        return replace(answer, due=True, reasons=(f"run {newest.run} failed, and is tried again",), ask_at=answer.at)
    kept = _keep_time(schedule, facts, answer)
    soonest = min(filter(None, (again, kept.ask_at)))
    return kept if kept.due else replace(kept, ask_at=soonest)


def _keep_time(schedule: Schedule, facts: Facts, answer: Decision) -> Decision:
    """Looks whether a time of the schedule has come that is not dealt with, and then whether there is a reason."""
    now, passed = answer.at, list[datetime]()
    if facts.handled is None:
        times = [now]
    else:
        times, passed = _choose_times(schedule, facts, now)
    if passed:
        answer = replace(answer, notes=(*answer.notes, f"{count(len(passed), 'time')} passed over"), handled=passed[-1])
    if not times:
        after = find_next(schedule, max(now, _floor(facts)))
        return replace(answer, reasons=(f"the next time is {after:%a %Y-%m-%d %H:%M} UTC",), ask_at=after)
    ready = _find_cooled(schedule, facts, now)
    if ready > now:
        return replace(answer, reasons=(f"cooling down until {ready:%a %Y-%m-%d %H:%M} UTC",), ask_at=ready)
    answer = replace(answer, handled=times[0], ask_at=now if times[1:] else find_next(schedule, now))
    return _weigh(schedule.when, facts, answer)


def _choose_times(schedule: Schedule, facts: Facts, now: datetime) -> tuple[list[datetime], list[datetime]]:
    """Returns the times that ask for a run, and those that are passed over, by `catch_up`."""
    times = find_missed(schedule, _floor(facts), now)
    if schedule.catch_up == "all":
        return times, []
    if schedule.catch_up == "latest":
        return times[-1:], times[:-1]
    return [time for time in times if now - time <= LATE][-1:], [time for time in times if now - time > LATE]


def _floor(facts: Facts) -> datetime:
    """Returns the moment after which the schedule's times count."""
    return max(moment for moment in (facts.handled, facts.resumed) if moment)


def _is_astray(moment: datetime | None, now: datetime) -> bool:
    """Whether a moment lies so far ahead that a clock must have been wrong when it was written down."""
    return moment is not None and moment - now > ASTRAY


def _find_cooled(schedule: Schedule, facts: Facts, now: datetime) -> datetime:
    """Returns when the next run may begin after the last that came to an end."""
    ended = next((past.ended for past in facts.runs if past.ended and past.exit_code in VERDICTS), None)
    if not schedule.cooldown or not ended or _is_astray(ended, now):
        return now
    return ended + read_duration(schedule.cooldown)


def _weigh(when: When | None, facts: Facts, answer: Decision) -> Decision:
    """Says whether there is a reason for a run whose time has come."""
    reasons = [] if facts.runs else ["no run has ended yet"]
    reasons += [f"{part} changed" for part in facts.changed]
    if facts.waits and not reasons:
        return replace(answer, reasons=(facts.waits,))
    if when is None:
        return replace(answer, due=True, reasons=(*reasons, "its time has come"))
    data = _measure_data(when, facts)
    alone = [*_measure_age(when, facts, answer.at), *_measure_quality(when, facts), *_measure_drift(when, facts)]
    reasons += [condition.text for condition in data if all(item.met for item in data)]
    reasons += [condition.text for condition in alone if condition.met]
    missing = [condition.text for condition in (*data, *alone) if not condition.met]
    return replace(answer, due=bool(reasons), reasons=tuple(reasons or missing), conditions=(*data, *alone))


def _measure_data(when: When, facts: Facts) -> list[Condition]:
    """Returns how much is new, of how much has to be; what cannot be counted is enough: the run says why."""
    found = []
    for name, figure, limit in (
        ("new_spans", facts.new_spans, when.new_spans),
        ("new_rows", facts.new_rows, when.new_rows),
    ):
        if limit is not None and figure is not None:
            text = f"{figure:,} of {count(limit, name[:-1].replace('_', ' '))}"
            found.append(Condition(name, figure, limit, figure >= limit, text))
        elif limit is not None:
            found.append(Condition(name, None, limit, True, facts.uncounted or f"{name} is not known"))
    return found


def _measure_age(when: When, facts: Facts, now: datetime) -> list[Condition]:
    """Returns how old the version in service is, of how old it may become; without one there is nothing to wait for."""
    if when.age is None:
        return []
    limit = read_duration(when.age)
    if facts.published is None:
        return [Condition("age", None, limit.total_seconds(), True, "nothing is in service")]
    age = max(now - facts.published, timedelta())
    text = f"the version in service is {format_duration(age)} old, of {when.age}"
    return [Condition("age", age.total_seconds(), limit.total_seconds(), age >= limit, text)]


def _measure_quality(when: When, facts: Facts) -> list[Condition]:
    """Returns how the version in service did on newer rows, of how it is to do."""
    found = []
    for metric, bar in (when.quality or {}).items():
        for side, limit in (("min", bar.min), ("max", bar.max)):
            figure = facts.quality.figures.get(metric) if facts.quality else None
            if limit is not None and (why := _doubt(facts.quality, facts)):
                found.append(Condition(metric, figure, limit, False, f"{metric} is not known: {why}"))
            elif limit is not None and figure is None:
                found.append(Condition(metric, None, limit, False, f"{metric} cannot be told of the newest rows"))
            elif limit is not None and figure is not None:
                met = figure < limit if side == "min" else figure > limit
                text = f"{metric} of the version in service is {figure:.4f} on newer rows, of {side} {limit:g}"
                found.append(Condition(metric, figure, limit, met, text))
    return found


def _measure_drift(when: When, facts: Facts) -> list[Condition]:
    """Returns how far the column has moved that has moved farthest, of how far it may."""
    if when.drift is None:
        return []
    limit, why = when.drift.linf, _doubt(facts.drift, facts)
    if facts.drift is None or why:
        return [Condition("drift", None, limit, False, f"drift is not known: {why}")]
    column = max(facts.drift.figures, key=facts.drift.figures.__getitem__)
    figure = facts.drift.figures[column]
    return [Condition("drift", figure, limit, figure > limit, f"{column} has moved by {figure:.2f}, of {limit:g}")]


def _doubt(seen: Seen | None, facts: Facts) -> str:
    """Returns why a look is no reason, if it is none: a run that came after it has answered it already."""
    if seen is None:
        return "millrace monitor has not looked at the version in service"
    answered = next((past for past in facts.runs if past.exit_code in VERDICTS), None)
    if answered and answered.began >= seen.at:
        return f"run {answered.run} came after the last look"
    return ""


def as_data(decision: Decision) -> Mapping[str, object]:
    """Returns it as plain data, its moments as ISO 8601 has them."""
    moments = {key: value.isoformat() for key, value in vars(decision).items() if isinstance(value, datetime)}
    conditions = [vars(condition) for condition in decision.conditions]
    return {**vars(decision), **moments, "conditions": conditions, "text": decision.text}
