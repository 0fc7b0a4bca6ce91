"""Who is told by the daemon itself, on a real socket, that a pipeline cannot be asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from configs.errors import ConfigError, DataRejected, MillraceError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.notify import announcement
from pipelines.schedule.alarm import Alarm
from tests.fakes.webhook import Hook, listening
from tests.pipelines.execution.test_local_runner import wait_for
from tests.sandbox import Sandbox

NOON = datetime(2026, 6, 2, 12, tzinfo=timezone.utc)
MINUTES = timedelta(minutes=1)
READ_ONLY = MillraceError("The disk is read-only.", "/w/trips/lock", "Make it writable.")
SCHEDULE = "schedule={cron: 0 3 * * *, failures: {pause_after: 2, retry_in: 20m}}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def describe(fresh: Sandbox, hook: Hook) -> Config:
    return load(fresh.config, [SCHEDULE, f"notify=[{{kind: webhook, url: '{hook.url}'}}]"])


def test_it_is_told_once_and_then_that_it_is_over(fresh: Sandbox, hook: Hook) -> None:
    config, alarm = describe(fresh, hook), Alarm()
    alarm.clear(config)
    for _ in range(3):
        alarm.sound(config, READ_ONLY)
    assert wait_for(lambda: len(hook.taken) == 1, 10)
    alarm.clear(config)
    alarm.clear(config)
    assert wait_for(lambda: len(hook.taken) == 2, 10)
    alarm.sound(config, READ_ONLY)
    assert wait_for(lambda: len(hook.taken) == 3, 10)
    first, second, third = hook.texts
    assert first.splitlines() == [
        "trips failed: It cannot be asked whether to train: The disk is read-only.",
        "Where: /w/trips/lock",
        "Remedy: Make it writable.",
    ]
    assert second == "trips recovered: It can be asked again whether to train"
    assert third == first


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ConfigError("there is no such file", "data.schema_file"),
            "trips failed: It cannot be asked whether",
        ),
        (DataRejected("the cell 'Ada' is no number", "rows.csv:7:fare"), "The data was refused by a look at it"),
        (None, "No answer came."),
    ],
)
def test_it_holds_no_value_of_the_data(fresh: Sandbox, hook: Hook, error: MillraceError | None, told: str) -> None:
    Alarm().sound(describe(fresh, hook), error)
    assert wait_for(lambda: len(hook.taken) == 1, 10)
    assert told in hook.texts[0]
    assert "Ada" not in hook.texts[0]


def test_who_cannot_be_reached_is_told_later(fresh: Sandbox, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "PAUSES", ())
    config, alarm = describe(fresh, hook), Alarm()
    hook.status = 503
    alarm.sound(config, READ_ONLY)
    assert wait_for(lambda: len(hook.taken) == 1 and not alarm.telling.locked(), 10)
    hook.status = 200
    alarm.clear(config)
    assert wait_for(lambda: len(hook.taken) == 3, 10)
    assert [text.split(":")[0] for text in hook.texts] == ["trips failed", "trips failed", "trips recovered"]


def test_it_is_asked_again_as_often_as_runs_may_fail_and_then_rarely(fresh: Sandbox) -> None:
    config, alarm = load(fresh.config, [SCHEDULE]), Alarm()
    again = []
    for _ in range(3):
        alarm.sound(config, READ_ONLY)
        again.append((alarm.ask_again(config, NOON) - NOON) / MINUTES)
    assert again == [20, 60, 60]
    assert alarm.ask_again(config, NOON.replace(hour=2, minute=30)).hour == 3
    alarm.clear(config)
    alarm.sound(config, READ_ONLY)
    assert alarm.ask_again(config, NOON) - NOON == 20 * MINUTES
