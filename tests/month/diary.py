"""The month is lived through, and a diary kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.registry.versions import history
from pipelines.monitoring.looks import read_looks
from pipelines.runs.directory import read_records
from tests.month.story import EVENTS, LAST, YAML, Event, spans
from tests.month.world import FIRST, MARK, NOTIFY, World


@dataclass
class Entry:
    """What was seen of a day."""

    day: int
    what: str
    came: int = 0  # trips
    said: str = ""  # the last that the daemon has said
    runs: list[dict[str, Any]] = field(default_factory=list)  # their records, oldest first
    versions: list[dict[str, Any]] = field(default_factory=list)  # lines of the history
    messages: list[str] = field(default_factory=list)  # by kind
    column: str = ""  # which of the day's trips lay farthest from what the version in service was trained on
    drift: float | None = None  # how far
    auc: float | None = None  # the least that the reader saw


def live(folder: Path, last: int = LAST) -> tuple[World, list[Entry]]:
    """Lives through the month up to a day, and returns the world as it was left, and the diary."""
    with World(folder, spans()[1], YAML + NOTIFY) as world:
        diary = [live_day(world, day, EVENTS.get(day, Event())) for day in range(1, last + 1)]
    assert world.reader
    for entry in diary:
        aucs = [seen.auc for seen in world.reader.seen if (seen.at - FIRST).days + 1 == entry.day]
        entry.auc = min(aucs, default=None)
    return world, diary


def live_day(world: World, day: int, event: Event) -> Entry:
    """Lives through one day: trips come, are looked at as by a line of cron, it is asked, and a person may come."""
    before = read_all(world)
    world.go_to(day, 2, 30)
    entry = Entry(day, event.what, event.deliver(world, day))
    if history(world.home) and (world.span(day) / MARK).exists():
        world.millrace("monitor", codes=(0, 4))
        strayed = [each for each in read_looks(world.home)[-1]["strayed"] if each["distance"] is not None]
        entry.drift, entry.column = max((each["distance"], each["column"]) for each in strayed)
    event.ask(world, day)
    if event.person:
        world.go_to(day, 22)
        event.person(world, day)
    entry.runs, entry.versions, entry.messages = (
        list(after[len(known) :]) for known, after in zip(before, read_all(world), strict=True)
    )
    entry.said = world.log.read_text().splitlines()[-1].partition(" trips: ")[2]
    return entry


def read_all(world: World) -> Sequence[Sequence[Any]]:
    """Returns all that grows, oldest first: the records of runs, the history, and what was told."""
    return read_records(world.home)[::-1], history(world.home), world.events
