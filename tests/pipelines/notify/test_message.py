from dataclasses import asdict
from typing import Any

import pytest

from components.evaluation.judgement import Failure
from components.registry.challenger import Challenger
from configs.errors import ConfigError, DataRejected, MillraceError, NotBlessed, Stopped
from pipelines.notify.message import Message, list_contest, list_messages
from tests.pipelines.notify.records import asked_record, run_record

FULL = MillraceError("The disk is full, 8,192 bytes are free.\nAnd more.", "/w/trips", "Free some space.")
SECRET = "4929-canary-1234"
REJECTED = DataRejected(f"`{SECRET}` is no number.", f"/d/region={SECRET}/rows.csv:7:fare", f"Mend {SECRET}.")


def test_a_version_is_told_with_why_it_was_trained_and_where_the_report_lies() -> None:
    [message] = list_messages(run_record(published=3), None, [])
    assert message == Message(
        "trips", "published", "Version 3 is in service", reason="due: 3 of 2 new spans", run="r1",
        report="/w/trips/runs/r1/report.html",
    )  # fmt: skip
    assert message.text == (
        "trips published: Version 3 is in service\nWhy it ran: due: 3 of 2 new spans\nRun: r1\n"
        "Report: /w/trips/runs/r1/report.html"
    )


@pytest.mark.parametrize("kind", [MillraceError, ConfigError])
def test_a_failure_is_told_with_place_and_remedy(kind: type[MillraceError]) -> None:
    error = kind(FULL.what, FULL.where, FULL.remedy)
    [message] = list_messages(run_record(error), None, [])
    assert (message.event, message.what) == ("failed", "The disk is full, 8,192 bytes are free.")
    assert (message.where, message.remedy) == ("/w/trips", "Free some space.")


def test_of_data_that_was_refused_no_value_is_told() -> None:
    [message] = list_messages(run_record(REJECTED, failed="ExampleGen"), None, [])
    assert (message.event, message.what) == ("refused", "The data was refused by ExampleGen")
    assert message.where == "/d/region=…/rows.csv:7:fare"
    assert SECRET not in message.text


def test_of_a_model_that_was_not_blessed_no_slice_is_named() -> None:
    missed = [Failure("Overall", "auc", 0.9, 0.95), Failure(f"card={SECRET}", "auc", 0.4, 0.95)]
    nodes = [{"node": "Evaluator", "state": "done", "details": {"missed": [asdict(each) for each in missed]}}]
    error = NotBlessed(f"The candidate is not blessed: {missed[1]}.", "Evaluator")
    [message] = list_messages(run_record(error, nodes=nodes), None, [])
    assert (message.event, message.what) == (
        "not_blessed",
        "The model was not blessed: auc (Overall) is 0.9000, below 0.95; thresholds are missed on 1 slice",
    )
    assert SECRET not in message.text


def test_a_model_that_was_rolled_away_from_is_not_blessed_for_that() -> None:
    error = NotBlessed("This model was in service and was rolled away from by ada.", "Pusher")
    assert list_messages(run_record(error), None, [])[0].what == error.what


def test_a_run_that_was_stopped_is_gone_on_with_and_not_told() -> None:
    assert list_messages(run_record(Stopped("It was stopped."), stopped=True), None, []) == []


def test_a_schedule_that_pauses_itself_is_told_and_one_that_waits_is_not() -> None:
    [message] = list_messages(asked_record(pause="3 runs in a row failed"), None, [])
    assert (message.event, message.what) == ("paused", "The schedule is paused, as 3 runs in a row failed")
    assert "millrace schedule resume" in message.remedy
    assert list_messages(asked_record(pause=None), None, []) == []


def test_what_is_stale_is_told_until_a_version_is_published() -> None:
    for record in (asked_record(), run_record(), run_record(FULL)):
        assert "stale" in [message.event for message in list_messages(record, "Version 3 is 40d old", [])]
    assert [message.event for message in list_messages(run_record(published=4), "Version 3", [])] == ["published"]


@pytest.mark.parametrize(
    ("cause", "published", "events"),
    [
        ("failed: it", None, ["recovered"]),
        ("refused: it", 4, ["published", "recovered"]),
        ("paused: it", None, ["recovered"]),
        ("stale: it", None, []),
        ("stale: it", 4, ["published", "recovered"]),
        ("not_blessed: it", 4, ["published"]),
    ],
)
def test_what_a_good_run_ends_is_told(cause: str, published: int | None, events: list[str]) -> None:
    told = list_messages(run_record(published=published), None, [cause])
    assert [message.event for message in told] == events


def test_figures_make_no_other_cause_but_of_a_verdict_on_a_model() -> None:
    first, second, third = (
        list_messages(run_record(MillraceError(what)), None, [])[0].cause
        for what in ("12 bytes are free", "7 bytes are free", "12 files are free")
    )
    assert first == second != third
    causes = {list_messages(run_record(NotBlessed(f"auc is {auc}")), None, [])[0].cause for auc in (0.7, 0.8)}
    assert len(causes) == 2


LINE = {"number": 1, "run": "r2"}


@pytest.mark.parametrize(
    ("end", "event", "what"),
    [
        (
            {"event": "set_aside", "why": "on span 7 auc (Overall) is 0.5, below 0.9"},
            "set_aside",
            "The model of run r2 was set aside as a challenger: on span 7 auc (Overall) is 0.5, below 0.9",
        ),
        (
            {"event": "in_service", "version": 2, "won": "as a challenger it won on span 7 against version 1"},
            "published",
            "Version 2 is in service: as a challenger it won on span 7 against version 1",
        ),
    ],
)
def test_a_challenger_is_told_of_when_it_begins_to_wait_and_when_that_ends(
    end: dict[str, Any], event: str, what: str
) -> None:
    [began, ended] = list_contest("trips", [Challenger(LINE, [end])]).values()
    assert began.subject == "trips waiting: The model of run r2 waits as a challenger of what is in service"
    assert (ended.event, ended.what, ended.run) == (event, what, "r2")


def test_of_one_that_waits_or_was_promoted_by_a_person_no_end_is_told() -> None:
    compared = {"event": "compared", "span": "7", "won": True}
    promoted = {"event": "in_service", "version": 2, "won": ""}
    for events in ([], [compared], [promoted]):
        assert [*list_contest("trips", [Challenger(LINE, events)])] == ["1 waits"]
