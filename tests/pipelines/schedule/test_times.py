from datetime import datetime, timezone

import pytest

from configs.schema.schedule import Schedule
from pipelines.schedule.times import MOST, find_missed, find_next

SPRING = ("2026-03-28T12:00", "2026-03-30T12:00")  # in Zurich, 02:00 to 03:00 is left out on the 29th
AUTUMN = ("2026-10-24T12:00", "2026-10-26T12:00")  # and comes twice on the 25th of October


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def read(moments: list[datetime]) -> list[str]:
    return [f"{moment:%d %H:%M:%S}" for moment in moments]


@pytest.mark.parametrize(
    ("cron", "span", "times"),
    [
        ("30 2 * * *", SPRING, ["29 01:00:00", "30 00:30:00"]),  # made up for at 03:00, which is 01:00 UTC
        ("30 2 * * *", AUTUMN, ["25 00:30:00", "26 01:30:00"]),  # once, in summer time
        ("15,45 2 * * *", SPRING, ["29 01:00:00", "30 00:15:00", "30 00:45:00"]),
        ("20 30 2 * * *", SPRING, ["29 01:00:20", "30 00:30:20"]),
        ("0 */12 * * *", AUTUMN, ["24 22:00:00", "25 11:00:00", "25 23:00:00", "26 11:00:00"]),
    ],
)
def test_the_clocks_change(cron: str, span: tuple[str, str], times: list[str]) -> None:
    schedule, (since, now) = Schedule(cron=cron, time_zone="Europe/Zurich"), map(at, span)
    assert read(find_missed(schedule, since, now)) == times
    followed = [find_next(schedule, since)]
    while (time := find_next(schedule, followed[-1])) <= now:
        followed.append(time)
    assert read(followed) == times


def test_every_hour_is_every_hour_whatever_the_clocks_say() -> None:
    schedule = Schedule(cron="0 * * * *", time_zone="Europe/Zurich")
    for since, now in (SPRING, AUTUMN):
        assert len(find_missed(schedule, at(since), at(now))) == 48


def test_a_time_is_missed_from_the_moment_it_comes_and_is_not_its_own_next() -> None:
    schedule, time = Schedule(cron="0 3 * * *"), at("2026-06-02T03:00")
    assert find_missed(schedule, at("2026-06-01T03:00"), time) == [time]
    assert find_missed(schedule, time, time) == []
    assert find_next(schedule, time) == at("2026-06-03T03:00")


def test_of_very_many_times_the_newest_are_counted() -> None:
    missed = find_missed(Schedule(cron="* * * * *"), at("2026-01-01T00:00"), at("2026-06-01T00:00"))
    assert (len(missed), missed[-1]) == (MOST, at("2026-06-01T00:00"))
