from typing import Any

import pytest
from pydantic import ValidationError

from configs.schema.schedule import Schedule


@pytest.mark.parametrize(
    ("cron", "six"),
    [
        ("0 3 * * 1", "0 0 3 * * 1"),
        ("*/15 0-6 1,15 * MON-FRI", "0 */15 0-6 1,15 * MON-FRI"),
        ("30 0 3 * * 1", "30 0 3 * * 1"),
        ("0 3 * jan sun,3-5/2", "0 0 3 * jan sun,3-5/2"),
    ],
)
def test_a_schedule(cron: str, six: str) -> None:
    schedule = Schedule(cron=cron, time_zone="Europe/Zurich")
    assert (schedule.cron, schedule.time_zone, schedule.with_seconds) == (cron, "Europe/Zurich", six)


def test_what_a_schedule_is_by_default() -> None:
    schedule = Schedule(cron="0 3 * * 1")
    assert (schedule.time_zone, schedule.no_catchup, schedule.max_concurrency, schedule.enabled) == (
        "UTC",
        True,
        1,
        True,
    )


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("0 3 * *", "'0 3 \\* \\*' is no cron expression of five or six fields"),
        ("0 0 0 3 * * 1", "of five or six fields"),
        ("@daily", "of five or six fields"),
        ("61 * * * *", "'61 \\* \\* \\* \\*' is no cron expression: bad minute"),
        ("61 0 * * * *", "bad second"),
        ("0 25 * * *", "bad hour"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("0 3 L * *", "'L' in '0 3 L \\* \\*' is nothing that a cluster's scheduler knows"),
        ("0 3 LW * *", "'LW' in"),
        ("0 3 * * 5L", "'5L' in"),
        ("0 3 * * 1#2", "'1#2' in"),
        ("0 3 * * 1,7", "'7' in"),
        ("0 3 * * 5-7", "'5-7' in"),
        ("0 3 * * 1/2", "'1/2' in"),
    ],
)
def test_a_bad_cron_is_named(cron: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Schedule(cron=cron)


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_bad_time_zone_is_named(time_zone: str) -> None:
    with pytest.raises(ValidationError, match=f"'{time_zone}' is no time zone"):
        Schedule(cron="0 3 * * 1", time_zone=time_zone)


@pytest.mark.parametrize("count", [0, 11])
def test_a_scheduler_runs_one_to_ten_at_once(count: int) -> None:
    with pytest.raises(ValidationError, match="max_concurrency"):
        Schedule(cron="0 3 * * 1", max_concurrency=count)


@pytest.mark.parametrize(
    ("given", "catch_up", "no_catchup"),
    [
        ({}, "latest", True),
        ({"catch_up": "all"}, "all", False),
        ({"catch_up": "none"}, "none", True),
        ({"no_catchup": False}, "all", False),
        ({"no_catchup": True}, "latest", True),
        ({"catch_up": "none", "no_catchup": True}, "none", True),
    ],
)
def test_both_ways_to_say_what_is_made_up_for_agree(given: dict[str, Any], catch_up: str, no_catchup: bool) -> None:
    schedule = Schedule.model_validate({"cron": "0 3 * * 1", **given})
    assert (schedule.catch_up, schedule.no_catchup) == (catch_up, no_catchup)
    assert Schedule.model_validate_json(schedule.model_dump_json()) == schedule


@pytest.mark.parametrize(("catch_up", "no_catchup"), [("all", True), ("latest", False), ("none", False)])
def test_they_may_not_contradict_one_another(catch_up: str, no_catchup: bool) -> None:
    with pytest.raises(ValidationError, match=f"says catch_up: {catch_up} and no_catchup: {str(no_catchup).lower()}"):
        Schedule.model_validate({"cron": "0 3 * * 1", "catch_up": catch_up, "no_catchup": no_catchup})


def test_a_schedule_that_waits_for_nothing_has_no_when() -> None:
    with pytest.raises(ValidationError, match="needs at least one of new_spans, new_rows, age, quality, drift"):
        Schedule.model_validate({"cron": "0 3 * * 1", "when": {}})


@pytest.mark.parametrize(
    "given",
    [{"cooldown": "6"}, {"when": {"age": "1 month"}}, {"failures": {"retry_in": "0m"}}, {"catch_up": "some"}]
    + [{"when": {"quality": quality}} for quality in ({}, {"auc": {}}, {"speed": {"min": 1}})]
    + [{"when": {"drift": drift}} for drift in ({}, {"linf": 0}, {"linf": 1.5})],
)
def test_what_a_schedule_cannot_hold(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate({"cron": "0 3 * * 1", **given})
