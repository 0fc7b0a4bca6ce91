from datetime import datetime, timedelta, timezone

import pytest

from components.registry.challenger import Contest
from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.monitoring import contest
from pipelines.schedule.inquiry import ask_schedule, tell_busy
from pipelines.schedule.state import State, change_state, read_state
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox

NOW = datetime(2026, 6, 2, 3, 0, 5, tzinfo=timezone.utc)


@pytest.fixture
def daily(fresh: Sandbox) -> Config:
    return load(fresh.config, ["schedule={cron: 0 3 * * *}"])


def test_who_asks_second_hears_of_the_next_time(daily: Config) -> None:
    assert ask_schedule(daily, NOW).due
    leave_record(daily, "r1", NOW.isoformat())
    again = ask_schedule(daily, NOW + timedelta(seconds=5))
    assert (again.due, again.ask_at) == (False, datetime(2026, 6, 3, 3, tzinfo=timezone.utc))
    assert read_state(daily.home) == State(handled=NOW)


def test_a_budget_that_is_spent_pauses_it_until_a_person_resumes_it(daily: Config) -> None:
    for name in ("r1", "r2", "r3"):
        leave_record(daily, name, exit_code=1)
    assert ask_schedule(daily, NOW).text == "not due: paused, as 3 runs in a row failed"
    assert read_state(daily.home).paused == "paused at 2026-06-02 03:00 UTC, as 3 runs in a row failed"
    change_state(daily.home, paused=None, resumed=NOW)
    assert ask_schedule(daily, NOW + timedelta(days=1)).due


def test_what_a_person_asked_for_is_done_once(daily: Config) -> None:
    leave_record(daily, "r1", NOW.isoformat())
    change_state(daily.home, handled=NOW, asked="ada asks: new labels")
    assert ask_schedule(daily, NOW).text == "due: ada asks: new labels"
    leave_record(daily, "r2", NOW.isoformat())
    assert not ask_schedule(daily, NOW + timedelta(seconds=9)).due


def test_while_a_run_goes_on_nothing_is_remembered(daily: Config) -> None:
    decision = tell_busy(daily, "Another run holds the pipeline: run r1.", NOW)
    assert decision.text == "not due: Another run holds the pipeline: run r1."
    assert decision.ask_at == NOW + timedelta(minutes=1)
    assert not daily.home.schedule.exists()


def test_a_config_without_a_schedule_is_refused(fresh: Sandbox) -> None:
    with pytest.raises(ConfigError, match="has no schedule"):
        ask_schedule(load(fresh.config), NOW)


@pytest.fixture
def contests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pipelines whose contests were held, each with what came of it."""
    held: list[str] = []

    def hold(config: Config) -> Contest:
        held.append(config.name)
        return Contest(("the challenger has won span 8",), "the model of run r1 has won 1 of 3 new spans")

    monkeypatch.setattr(contest, "hold_contest", hold)
    return held


def test_a_challenger_is_looked_at_before_it_is_decided_and_not_while_paused(
    fresh: Sandbox, contests: list[str]
) -> None:
    shadow = ["evaluation.shadow.spans=3", "evaluation.thresholds.auc.max_drop=0", "data.path=rows-{SPAN}.csv"]
    config = load(fresh.config, [*shadow, "schedule={cron: 0 3 * * *}"])
    leave_record(config, "r1")
    text = "not due: the model of run r1 has won 1 of 3 new spans; the challenger has won span 8"
    assert ask_schedule(config, NOW).text == text
    change_state(config.home, paused="paused by ada")
    assert ask_schedule(config, NOW + timedelta(days=1)).text == "not due: paused by ada"
    assert contests == ["trips"]


def test_without_a_shadow_none_is_looked_at(daily: Config, contests: list[str]) -> None:
    ask_schedule(daily, NOW)
    assert contests == []
