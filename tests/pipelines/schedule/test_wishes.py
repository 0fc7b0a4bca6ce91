from datetime import datetime, timedelta, timezone

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.schedule import wishes
from pipelines.schedule.inquiry import ask_schedule
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox

THREE = datetime(2026, 6, 2, 3, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def daily(fresh: Sandbox) -> Config:
    """A daily pipeline, whose time of today is dealt with."""
    config = load(fresh.config, ["schedule={cron: 0 3 * * *}"])
    leave_record(config, "r1", THREE.isoformat())
    ask_schedule(config, THREE)
    return config


def test_a_pause_is_kept_with_who_and_why_and_its_times_are_not_made_up_for(daily: Config) -> None:
    wishes.pause(daily, "holidays", THREE)
    paused = ask_schedule(daily, THREE + 3 * DAY)
    assert (paused.due, paused.ask_at) == (False, None)
    assert paused.text.startswith("not due: paused by ")
    assert paused.text.endswith(" at 2026-06-02 03:00 UTC: holidays")
    wishes.resume(daily, THREE + timedelta(days=3, hours=5))
    assert not ask_schedule(daily, THREE + timedelta(days=3, hours=6)).due
    assert ask_schedule(daily, THREE + 4 * DAY).due


def test_a_run_that_a_person_asks_for_does_not_wait(daily: Config) -> None:
    wishes.trigger(daily, "new labels")
    answer = ask_schedule(daily, THREE + timedelta(hours=1))
    assert answer.due
    assert answer.text.endswith(" asks: new labels")


def test_how_it_stands(daily: Config) -> None:
    told = wishes.describe(daily, THREE)
    assert told == {
        "pipeline": "trips",
        "cron": "0 3 * * *",
        "time_zone": "UTC",
        "paused": None,
        "asked": None,
        "next": "2026-06-03T03:00:00+00:00",
        "last_run": {"run": "r1", "ended": THREE.isoformat(), "exit_code": 0, "published": None},
    }
    wishes.pause(daily, "", THREE)
    told = wishes.describe(daily, THREE)
    assert (told["next"], told["paused"].partition(" at ")[2]) == (None, "2026-06-02 03:00 UTC")


def test_what_has_no_schedule_has_no_wishes(fresh: Sandbox) -> None:
    with pytest.raises(ConfigError, match="has no schedule"):
        wishes.pause(load(fresh.config), "", THREE)
