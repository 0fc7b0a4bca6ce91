"""The decision, on a clock that the tests set: each case is a moment, what is known then, and the answer."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from configs.schema.schedule import Schedule
from pipelines.schedule.decision import Decision, Facts, Past, Seen, as_data, decide
from pipelines.schedule.times import find_next

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def daily(**keys: Any) -> Schedule:
    return Schedule.model_validate({"cron": "0 3 * * *", **keys})


def past(run: str, began: str, exit_code: int | None = 0, **keys: Any) -> Past:
    return Past(run, at(began), None if exit_code is None else at(began) + HOUR, exit_code, **keys)


FIRST = past("r1", "2026-06-01T03:00")
KNOWN = Facts(runs=(FIRST,), handled=at("2026-06-01T03:00"))


class Life:
    """A pipeline whose schedule is asked as a daemon asks it: what it is to remember is remembered."""

    def __init__(self, schedule: Schedule, facts: Facts = KNOWN) -> None:
        self.schedule, self.facts = schedule, facts

    def ask(self, now: datetime, **known: Any) -> Decision:
        self.facts = replace(self.facts, **known)
        answer = decide(self.schedule, self.facts, now)
        self.facts = replace(self.facts, handled=answer.handled, paused=answer.pause or self.facts.paused)
        return answer

    def run(self, began: datetime, exit_code: int | None = 0, lasts: timedelta = HOUR, **keys: Any) -> None:
        ended = None if exit_code is None else began + lasts
        run = Past(f"r{len(self.facts.runs) + 1}", began, ended, exit_code, **keys)
        self.facts = replace(self.facts, runs=(run, *self.facts.runs))

    def follow(self, start: str, until: str) -> list[str]:
        """Asks at each moment that an answer names; every run is a minute long. Returns when one began."""
        now, end, begun = at(start), at(until), []
        while now <= end:
            answer = self.ask(now)
            if answer.due:
                begun.append(f"{now:%d %H:%M}")
                self.run(now, lasts=timedelta(minutes=1))
            assert answer.ask_at is not None
            now = max(answer.ask_at, now + timedelta(seconds=1))
        return begun


def test_without_conditions_a_run_is_due_when_its_time_has_come() -> None:
    early, due = decide(daily(), KNOWN, at("2026-06-02T02:59")), decide(daily(), KNOWN, at("2026-06-02T03:00"))
    assert (early.due, early.text) == (False, "not due: the next time is Tue 2026-06-02 03:00 UTC")
    assert (early.ask_at, early.handled) == (at("2026-06-02T03:00"), KNOWN.handled)
    assert (due.due, due.text) == (True, "due: its time has come")
    assert (due.ask_at, due.handled) == (at("2026-06-03T03:00"), at("2026-06-02T03:00"))


def test_a_time_that_was_dealt_with_does_not_come_again() -> None:
    life = Life(daily())
    assert life.ask(at("2026-06-02T03:00:01")).due
    life.run(at("2026-06-02T03:00:01"), lasts=timedelta(seconds=5))
    assert not life.ask(at("2026-06-02T03:00:10")).due


def test_a_pipeline_that_never_ran_is_due_at_once_whatever_is_waited_for() -> None:
    answer = decide(daily(when={"new_rows": 10}), Facts(new_rows=0), at("2026-06-02T14:00"))
    assert (answer.due, answer.reasons[0]) == (True, "no run has ended yet")


@pytest.mark.parametrize(
    ("when", "known", "text"),
    [
        ({"new_rows": 10_000}, {"new_rows": 3_100}, "not due: 3,100 of 10,000 new rows"),
        ({"new_rows": 10_000}, {"new_rows": 10_000}, "due: 10,000 of 10,000 new rows"),
        ({"new_spans": 1}, {"new_spans": 0}, "not due: 0 of 1 new span"),
        ({"new_spans": 2}, {"new_spans": 3}, "due: 3 of 2 new spans"),
        ({"new_spans": 1, "new_rows": 500}, {"new_spans": 1, "new_rows": 90}, "not due: 90 of 500 new rows"),
        ({"new_spans": 1, "new_rows": 500}, {"new_spans": 1, "new_rows": 600},
         "due: 1 of 1 new span, 600 of 500 new rows"),
        ({"new_spans": 1, "age": "30d"}, {"new_spans": 0, "published": at("2026-05-03T03:00")},
         "due: the version in service is 30d old, of 30d"),
        ({"new_spans": 1, "age": "30d"}, {"new_spans": 0, "published": at("2026-05-20T03:00")},
         "not due: 0 of 1 new span, the version in service is 13d old, of 30d"),
        ({"age": "30d"}, {}, "due: nothing is in service"),
        ({"age": "30d"}, {"published": at("2027-01-01T00:00")},
         "not due: the version in service is 0s old, of 30d"),
        ({"new_rows": 5}, {"uncounted": "rows.csv:3 has a field too many"}, "due: rows.csv:3 has a field too many"),
    ],
)  # fmt: skip
def test_what_is_waited_for(when: dict[str, Any], known: dict[str, Any], text: str) -> None:
    answer = decide(daily(when=when), replace(KNOWN, **known), at("2026-06-02T03:00"))
    assert answer.text == text
    assert answer.handled == at("2026-06-02T03:00")  # it is looked at again at the next time
    assert answer.ask_at == at("2026-06-03T03:00")


LOOKED = at("2026-06-01T12:00")


@pytest.mark.parametrize(
    ("when", "known", "text"),
    [
        ({"quality": {"auc": {"min": 0.93}}}, {"quality": Seen(LOOKED, {"auc": 0.91})},
         "due: auc of the version in service is 0.9100 on newer rows, of min 0.93"),
        ({"quality": {"auc": {"min": 0.93}}}, {"quality": Seen(LOOKED, {"auc": 0.93})},
         "not due: auc of the version in service is 0.9300 on newer rows, of min 0.93"),
        ({"quality": {"log_loss": {"max": 0.5}}}, {"quality": Seen(LOOKED, {"log_loss": 0.6})},
         "due: log_loss of the version in service is 0.6000 on newer rows, of max 0.5"),
        ({"quality": {"auc": {"min": 0.93}}}, {"quality": Seen(LOOKED, {"accuracy": 0.6})},
         "not due: auc cannot be told of the newest rows"),
        ({"quality": {"auc": {"min": 0.93}}}, {},
         "not due: auc is not known: millrace monitor has not looked at the version in service"),
        ({"quality": {"auc": {"min": 0.93}}}, {"quality": Seen(at("2026-06-01T02:59"), {"auc": 0.5})},
         "not due: auc is not known: run r1 came after the last look"),
        ({"drift": {"linf": 0.4}}, {"drift": Seen(LOOKED, {"fare": 0.1, "company": 0.41})},
         "due: company has moved by 0.41, of 0.4"),
        ({"drift": {"linf": 0.4}, "new_rows": 10}, {"drift": Seen(LOOKED, {"fare": 0.4}), "new_rows": 3},
         "not due: 3 of 10 new rows, fare has moved by 0.40, of 0.4"),
        ({"drift": {"linf": 0.4}, "new_rows": 10}, {"drift": Seen(LOOKED, {"fare": 0.5}), "new_rows": 3},
         "due: fare has moved by 0.50, of 0.4"),
        ({"drift": {"linf": 0.4}}, {},
         "not due: drift is not known: millrace monitor has not looked at the version in service"),
    ],
)  # fmt: skip
def test_what_monitor_found_is_a_reason(when: dict[str, Any], known: dict[str, Any], text: str) -> None:
    assert decide(daily(when=when), replace(KNOWN, **known), at("2026-06-02T03:00")).text == text


def test_a_look_is_answered_by_a_run_that_came_to_a_verdict_and_not_by_one_that_failed() -> None:
    schedule = daily(when={"drift": {"linf": 0.4}}, failures={"retry_in": "7d"})
    seen = {"drift": Seen(LOOKED, {"fare": 0.5})}
    for exit_code, due in ((0, False), (3, False), (4, False), (1, True)):
        runs = (past("r2", "2026-06-01T13:00", exit_code), FIRST)
        assert decide(schedule, replace(KNOWN, runs=runs, **seen), at("2026-06-02T03:00")).due is due


def test_each_condition_is_told_with_its_figure_and_limit() -> None:
    schedule = daily(when={"new_rows": 100, "age": "2d"})
    known = replace(KNOWN, new_rows=7, published=at("2026-06-01T03:00"))
    conditions = decide(schedule, known, at("2026-06-02T03:00")).conditions
    assert [(item.name, item.figure, item.limit, item.met) for item in conditions] == [
        ("new_rows", 7, 100, False),
        ("age", 86_400, 172_800, False),
    ]


@pytest.mark.parametrize("part", ["config", "code", "packages"])
def test_what_changed_is_always_a_reason(part: str) -> None:
    known = replace(KNOWN, new_rows=0, changed=(part,))
    answer = decide(daily(when={"new_rows": 100}), known, at("2026-06-02T03:00"))
    assert (answer.due, answer.text) == (True, f"due: {part} changed")
    assert not decide(daily(), known, at("2026-06-02T02:00")).due  # but waits for the time


def test_a_person_who_asks_is_a_reason_at_any_time_and_though_it_is_paused() -> None:
    known = replace(KNOWN, asked="ada asks: new labels", paused="by hand")
    answer = decide(daily(cooldown="6h", when={"new_rows": 9}), known, at("2026-06-01T14:00"))
    assert (answer.due, answer.text) == (True, "due: ada asks: new labels")


def test_a_machine_that_slept_for_a_week_runs_the_latest_and_says_what_it_missed() -> None:
    awake = at("2026-06-08T09:00")
    life = Life(daily())
    answer = life.ask(awake)
    assert (answer.due, answer.notes) == (True, ("6 times passed over",))
    assert answer.handled == at("2026-06-08T03:00")
    life.run(awake)
    assert life.ask(awake + 2 * HOUR).ask_at == at("2026-06-09T03:00")


def test_catch_up_all_makes_one_run_for_each_time_that_was_missed() -> None:
    assert Life(daily(catch_up="all")).follow("2026-06-04T09:00", "2026-06-05T12:00") == [
        "04 09:00", "04 09:00", "04 09:00", "05 03:00",
    ]  # fmt: skip


def test_catch_up_none_passes_over_what_is_late_and_says_so() -> None:
    schedule = daily(catch_up="none")
    late = decide(schedule, KNOWN, at("2026-06-08T09:00"))
    assert (late.due, late.notes, late.handled) == (False, ("7 times passed over",), at("2026-06-08T03:00"))
    assert late.ask_at == at("2026-06-09T03:00")
    answer = decide(schedule, KNOWN, at("2026-06-08T03:05"))
    assert (answer.due, answer.notes) == (True, ("6 times passed over",))


def test_the_clocks_change_and_each_day_has_its_run() -> None:
    nightly = Schedule(cron="30 2 * * *", time_zone="Europe/Zurich")
    for start, end, begun in (
        ("2026-03-28T12:00", "2026-03-31T12:00", ["29 01:00", "30 00:30", "31 00:30"]),
        ("2026-10-24T12:00", "2026-10-27T12:00", ["25 00:30", "26 01:30", "27 01:30"]),
    ):
        assert Life(nightly, replace(KNOWN, handled=at(start))).follow(start, end) == begun


def test_a_clock_that_goes_back_repeats_no_time_and_is_said() -> None:
    life = Life(daily())
    assert life.ask(at("2026-06-02T03:00:01")).due
    life.run(at("2026-06-02T03:00:01"), lasts=timedelta(seconds=10))
    back = life.ask(at("2026-06-02T02:57"))
    assert (back.due, back.ask_at) == (False, at("2026-06-03T03:00"))
    assert back.notes == ("the clock went back: it stood at 2026-06-02 03:00:00 before",)
    assert not life.ask(at("2026-06-02T03:00:01")).due
    assert life.ask(at("2026-06-03T03:00")).due


def test_a_clock_that_was_years_ahead_does_not_stop_the_schedule_for_years() -> None:
    life = Life(daily(cooldown="1h"), replace(KNOWN, handled=at("2036-01-01T03:00"), resumed=at("2036-01-01T00:00")))
    life.run(at("2036-01-01T03:00"))
    assert life.ask(at("2026-06-02T14:00")).ask_at == at("2026-06-03T03:00")
    assert life.ask(at("2026-06-03T03:00")).due


def test_a_run_that_is_still_going_is_waited_for_and_its_time_is_kept() -> None:
    life = Life(daily())
    busy = life.ask(at("2026-06-02T03:00"), running="run r1 holds the pipeline")
    assert (busy.due, busy.text) == (False, "not due: run r1 holds the pipeline")
    assert (busy.ask_at, busy.handled) == (at("2026-06-02T03:01"), KNOWN.handled)
    answer = life.ask(at("2026-06-02T07:00"), running=None)
    assert (answer.due, answer.handled) == (True, at("2026-06-02T03:00"))


def test_two_schedulers_on_one_config_make_one_run_of_one_time() -> None:
    life, now = Life(daily()), at("2026-06-02T03:00:01")
    first = life.ask(now)  # what it remembers is written while it holds the pipeline
    life.run(now, lasts=timedelta(seconds=2))
    second = life.ask(now + timedelta(seconds=3))
    assert (first.due, second.due) == (True, False)


def test_what_is_paused_waits_without_end_and_times_missed_then_are_not_made_up_for() -> None:
    life = Life(daily())
    paused = life.ask(at("2026-06-05T09:00"), paused="paused by ada: holidays")
    assert (paused.due, paused.ask_at, paused.text) == (False, None, "not due: paused by ada: holidays")
    resumed = at("2026-06-20T09:00")
    answer = life.ask(resumed, paused=None, resumed=resumed)
    assert (answer.due, answer.notes, answer.ask_at) == (False, (), at("2026-06-21T03:00"))
    assert life.ask(at("2026-06-21T03:00")).due


def test_enabled_false_pauses_it() -> None:
    answer = decide(daily(enabled=False), KNOWN, at("2026-06-05T09:00"))
    assert (answer.due, answer.ask_at, answer.text) == (False, None, "not due: paused by schedule.enabled")


@pytest.mark.parametrize("exit_code", [0, 3, 4])
def test_after_a_run_the_schedule_cools_down_and_its_time_is_kept(exit_code: int) -> None:
    schedule = Schedule(cron="0 * * * *", cooldown="6h")
    known = Facts(runs=(past("r2", "2026-06-01T03:00", exit_code),), handled=at("2026-06-01T03:00"))
    cooling = decide(schedule, known, at("2026-06-01T05:00"))
    assert (cooling.due, cooling.ask_at) == (False, at("2026-06-01T10:00"))
    assert cooling.text == "not due: cooling down until Mon 2026-06-01 10:00 UTC; 1 time passed over"
    assert decide(schedule, known, at("2026-06-01T10:00")).due


def test_a_run_that_failed_is_tried_again_soon_and_without_cooling_down() -> None:
    life = Life(daily(cooldown="6h", failures={"retry_in": "15m"}))
    assert life.ask(at("2026-06-02T03:00")).due
    life.run(at("2026-06-02T03:00"), exit_code=1)
    waiting = life.ask(at("2026-06-02T04:01"))
    assert (waiting.due, waiting.ask_at) == (False, at("2026-06-02T04:15"))
    assert life.ask(at("2026-06-02T04:15")).text == "due: run r2 failed, and is tried again"


def test_the_next_time_of_the_schedule_may_come_before_a_run_is_tried_again() -> None:
    life = Life(daily(failures={"retry_in": "2h"}))
    life.run(at("2026-06-02T01:00"), exit_code=1)
    assert life.ask(at("2026-06-02T02:10")).ask_at == at("2026-06-02T03:00")
    assert life.ask(at("2026-06-02T03:00")).text == "due: its time has come"


@pytest.mark.parametrize("exit_code", [2, 3, 4])
def test_what_would_end_the_same_is_not_tried_before_its_next_time(exit_code: int) -> None:
    life = Life(daily())
    assert life.ask(at("2026-06-02T03:00")).due
    life.run(at("2026-06-02T03:00"), exit_code)
    assert life.ask(at("2026-06-02T09:00")).ask_at == at("2026-06-03T03:00")


def fail(life: Life, codes: Sequence[int | None], **keys: Any) -> Decision:
    for day, code in enumerate(codes, 2):
        life.run(at(f"2026-06-{day:02}T03:00"), code, **keys)
    return life.ask(at("2026-06-20T03:00"))


@pytest.mark.parametrize("codes", [(1, 1, 1), (3, 3, 3), (2, None, 1), (0, 1, 3, 1)])
def test_a_budget_of_failures_pauses_the_schedule(codes: Sequence[int | None]) -> None:
    life = Life(daily())
    answer = fail(life, codes)
    assert (answer.due, answer.pause, answer.ask_at) == (False, "3 runs in a row failed", None)
    assert life.ask(at("2026-06-21T03:00")).text == "not due: 3 runs in a row failed"
    resumed = at("2026-06-22T12:00")
    assert life.ask(resumed, paused=None, resumed=resumed).ask_at == at("2026-06-23T03:00")
    assert life.ask(at("2026-06-23T03:00")).due


@pytest.mark.parametrize("codes", [(1, 1), (1, 1, 0), (1, 4, 1, 1), (4, 4, 4, 4)])
def test_a_success_or_a_verdict_on_the_model_begins_the_count_anew(codes: Sequence[int]) -> None:
    assert fail(Life(daily()), codes).due


def test_failures_by_hand_and_runs_that_were_stopped_do_not_count() -> None:
    assert fail(Life(daily()), (1, 1, 1), scheduled=False).pause is None
    assert fail(Life(daily()), (1, 1, 1), stopped=True).pause is None


@pytest.mark.parametrize("keys", [{"exit_code": None}, {"exit_code": 1, "stopped": True}])
def test_a_run_that_was_cut_short_is_gone_on_with_at_once(keys: dict[str, Any]) -> None:
    life = Life(daily())
    assert life.ask(at("2026-06-02T03:00")).due
    life.run(at("2026-06-02T03:00"), **keys)
    answer = life.ask(at("2026-06-02T03:20"))
    assert answer.text == "due: run r2 was cut short, and is gone on with"


def test_a_run_that_a_person_cut_short_is_that_persons() -> None:
    life = Life(daily())
    life.run(at("2026-06-01T14:00"), None, scheduled=False)
    assert not life.ask(at("2026-06-01T15:00")).due


def test_a_span_that_changed_is_said() -> None:
    answer = decide(daily(), replace(KNOWN, rewritten=("7",)), at("2026-06-02T03:00"))
    assert answer.text == "due: its time has come; span 7 has changed since it was trained on"


def test_an_answer_is_plain_data() -> None:
    schedule = daily(when={"new_rows": 10_000})
    data = json.loads(json.dumps(as_data(decide(schedule, replace(KNOWN, new_rows=3_100), at("2026-06-02T03:00")))))
    assert data == {
        "due": False,
        "at": "2026-06-02T03:00:00+00:00",
        "reasons": ["3,100 of 10,000 new rows"],
        "ask_at": "2026-06-03T03:00:00+00:00",
        "conditions": [
            {"name": "new_rows", "figure": 3100, "limit": 10000, "met": False, "text": "3,100 of 10,000 new rows"}
        ],
        "notes": [],
        "handled": "2026-06-02T03:00:00+00:00",
        "pause": None,
        "text": "not due: 3,100 of 10,000 new rows",
    }


def test_the_next_moment_to_ask_is_never_one_that_has_passed() -> None:
    now = at("2026-06-02T03:00")
    for facts in (KNOWN, Facts(), replace(KNOWN, running="busy"), replace(KNOWN, asked="ada asks")):
        for schedule in (daily(), daily(catch_up="none"), daily(cooldown="2d")):
            answer = decide(schedule, facts, now)
            assert answer.ask_at is not None
            assert now <= answer.ask_at <= find_next(schedule, now) + DAY


def test_while_a_challenger_waits_new_data_is_no_reason_and_a_change_is() -> None:
    waits = "the model of run r1 has won 1 of 3 new spans (7) against version 1"
    facts = replace(KNOWN, new_spans=3, waits=waits, contest=("the challenger has won span 7",))
    now = at("2026-06-02T03:00")
    for schedule in (daily(), daily(when={"new_spans": 1}), daily(when={"age": "1d"})):
        answer = decide(schedule, facts, now)
        assert answer.text == f"not due: {waits}; the challenger has won span 7"
        assert answer.ask_at == at("2026-06-03T03:00")
    assert decide(daily(), replace(facts, changed=["config"]), now).text.startswith("due: config changed")
    assert decide(daily(), replace(facts, asked="ada asks"), now).due
    assert decide(daily(when={"new_spans": 1}), replace(facts, waits=None), now).due
