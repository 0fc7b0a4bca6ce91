"""What has to be true of days that were lived through."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from components.registry.versions import history
from pipelines.runs.directory import read_records
from tests.month.diary import Entry
from tests.month.reader import Reader
from tests.month.story import BAR, CENTS, DISK, HALVED, LONG, MERGER, POWER, ROLLBACK, TARIFF, WRONG
from tests.month.world import World

TOLD = {  # by day what the pipeline, or the daemon, told; on all others nobody is told anything
    1: ["published"],
    5: ["published"],
    CENTS: ["refused"],
    CENTS + 1: ["published", "recovered"],
    MERGER: ["refused", "published", "recovered"],
    POWER: ["published"],
    14: ["published"],
    16: ["published"],
    18: ["published"],
    20: ["published"],
    WRONG: ["not_blessed"],
    WRONG + 1: ["published"],
    ROLLBACK: ["not_blessed"],
    DISK: ["failed", "published", "recovered"],
    30: ["published"],
}
Messages = Sequence[tuple[str, dict[str, str]]]


def require_service(reader: Reader | None, bar: float) -> None:
    """Every look saw a model that loads and reaches its bar, and no look an older version than the one before."""
    assert reader is not None
    assert reader.fault == ""
    assert min(look.auc for look in reader.seen) >= bar
    numbers = [number for look in reader.seen for number in look.versions]
    assert all(before <= after for before, after in pairwise(numbers))


def require_told_once(messages: Messages) -> None:
    told = Counter((content["event"], content["run"], content["text"]) for _, content in messages)
    assert set(told.values()) == {1}


def require_month(world: World, diary: Sequence[Entry]) -> None:
    """It went as its page tells: who was told what, what came into service and why, and what was served meanwhile."""
    require_service(world.reader, BAR)
    require_told_once(world.hook.taken)
    assert {entry.day: entry.messages for entry in diary if entry.messages} == TOLD
    require_history(world)
    days = {entry.day: entry for entry in diary}
    new = [days[day].said.split()[2] for day in (HALVED - 1, HALVED, HALVED + 1)]
    assert new == ["1", "1", "3"]  # spans, of which half a one is none
    [cut] = days[POWER].runs
    assert cut["decision"]["text"].endswith(" was cut short, and is gone on with")
    assert [node["state"] for node in cut["nodes"][:5]] == ["cached"] * 5
    reasons = [record["decision"]["text"] for day in range(TARIFF, TARIFF + LONG) for record in days[day].runs]
    assert [reason[:24] for reason in reasons] == ["due: fare has moved by 0"] * 3


def require_history(world: World) -> None:
    """What came into service is what the runs published, in their order, and what a person rolled back to."""
    lines, records = history(world.home), read_records(world.home)[::-1]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    published = [(line["number"], line["run"]) for line in lines if line["event"] == "published"]
    assert published == [(record["published"], record["run"]) for record in records if record["published"]]
    [back] = [line for line in lines if line["event"] != "published"]
    assert (back["event"], back["of"], back["reason"]) == ("rolled_back", back["number"] - 2, "drivers complain")
