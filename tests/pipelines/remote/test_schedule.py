"""The recurring run of a pipeline: when it runs, and what it takes to make it as the config says."""

from datetime import datetime, timezone

import pytest

from configs.schema.schedule import Schedule
from pipelines.remote.schedule import differences, upcoming
from pipelines.remote.service import Recurring

ONE = Recurring("id", "trips", "0 0 3 * * 1", True, True, 1, "millrace", "millrace-0123456789ab", "abc", "https://here")


@pytest.mark.parametrize(
    ("cron", "zone", "times"),
    [
        ("0 3 * * 1", "UTC", ["2026-03-30T03:00:00+00:00", "2026-04-06T03:00:00+00:00", "2026-04-13T03:00:00+00:00"]),
        ("0 3 * * *", "Europe/Zurich",
         ["2026-03-28T03:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T03:00:00+02:00"]),
        ("30 2 * * *", "Europe/Zurich",  # at half past two there is no 29 March
         ["2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00"]),
        ("15 59 23 31 * *", "UTC",
         ["2026-03-31T23:59:15+00:00", "2026-05-31T23:59:15+00:00", "2026-07-31T23:59:15+00:00"]),
    ],
)  # fmt: skip
def test_the_next_times(cron: str, zone: str, times: list[str]) -> None:
    after = datetime(2026, 3, 27, 12, tzinfo=timezone.utc)
    found = upcoming(Schedule(cron=cron, time_zone=zone), after=after)
    assert [time.isoformat() for time in found] == times


def test_what_differs_is_said() -> None:
    other = Recurring("", "trips", "0 0 4 * * 1", False, True, 2, "", "millrace-ba9876543210", "abc")
    assert differences(ONE, ONE) == differences(ONE, Recurring(**{**vars(ONE), "id": "", "url": ""})) == []
    assert differences(ONE, other) == [
        "cron: 0 0 3 * * 1 -> 0 0 4 * * 1",
        "enabled: true -> false",
        "max_concurrency: 1 -> 2",
        "service_account: millrace -> none",
        "made_of: millrace-0123456789ab -> millrace-ba9876543210",
    ]
