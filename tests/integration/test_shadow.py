"""A pipeline whose candidates wait as challengers: from the first version to a second that won its place."""

import json
from itertools import islice

import pytest

from components.registry.challenger import find_waiting
from configs.samples import catalog
from tests.sandbox import Sandbox

KEYS = """\
gate: {drift: 1, skew: 1, unseen: 1}
schedule: {cron: "* * * * *", when: {new_spans: 1}}
"""
SHADOW = "evaluation: {thresholds: {auc: {min: 0.5, max_drop: 0.3}}, shadow: {spans: 1}}"


@pytest.fixture
def daily(fresh: Sandbox) -> Sandbox:
    text = fresh.config.read_text().replace("path: rows.csv", 'path: "{SPAN}.csv"')
    fresh.config.write_text(text.replace("evaluation: {thresholds: {auc: {min: 0.5}}}", SHADOW) + KEYS)
    return fresh


def deliver(place: Sandbox, span: int, rows: int = 1000) -> None:
    with catalog.resolve("sample://taxi").open() as file:
        header, *lines = islice(file, 1 + span * rows)
    (place.folder / f"{span}.csv").write_text("".join([header, *lines[-rows:]]))


def read(place: Sandbox, *arguments: str):
    return json.loads(place.millrace(*arguments, "--output", "json").stdout)


@pytest.mark.full
def test_a_candidate_waits_until_it_has_won_on_a_new_span_and_is_then_in_service(daily: Sandbox) -> None:
    deliver(daily, 1)
    first = daily.run()
    assert (first.code, first.record["published"], first.record["challenger"]) == (0, 1, None)

    deliver(daily, 2)
    second = daily.run("--if-due")
    waits = f"the model of run {second.record['run']} has won 0 of 1 new span against version 1"
    assert (second.code, second.record["published"], second.record["in_service"]) == (0, None, 1)
    assert second.record["challenger"] == waits
    assert second.record["nodes"][-1]["text"] == "blessed, and waits as a challenger"
    assert [line["event"] for line in read(daily, "history")] == ["published", "waiting"]
    assert read(daily, "status")[0]["challenger"] == waits

    asked = daily.run("--if-due")
    assert (asked.code, asked.record["run"]) == (0, None)
    again = daily.run()
    assert (again.code, again.record["challenger"]) == (0, waits)

    deliver(daily, 3)
    third = daily.run("--if-due")
    won = "version 2 is in service: as a challenger it won on span 3 against version 1"
    assert third.record["decision"]["text"].endswith(f"due: 1 of 1 new span; the challenger has won span 3; {won}")
    assert (third.code, third.record["in_service"]) == (0, 2)
    assert find_waiting(daily.home).line["run"] == third.record["run"]
    history = read(daily, "history")
    assert [(line["number"], line["event"], line["run"]) for line in history] == [
        (1, "published", first.record["run"]),
        (2, "published", second.record["run"]),
        (None, "waiting", third.record["run"]),
    ]

    promoted = daily.millrace("promote", "--reason", "it is urgent", "--output", "json")
    assert (promoted.code, json.loads(promoted.stdout)["number"]) == (0, 3)
    assert [line["event"] for line in read(daily, "history")] == ["published", "published", "promoted"]
