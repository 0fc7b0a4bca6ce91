"""Data that comes in spans: the newest is taken, the one that was asked for is, and each says which it was."""

import json

import pytest

pytestmark = pytest.mark.slow
UNTIL = ("--until", "ExampleGen")


def test_spans_are_resolved_alike_by_a_run_and_by_a_step(fresh):
    header, *lines = fresh.data.read_text().splitlines(keepends=True)
    for span, rows in ((7, lines[:800]), (8, lines[800:])):
        (fresh.folder / f"span-{span:03}").mkdir()
        (fresh.folder / f"span-{span:03}" / "rows.csv").write_text(header + "".join(rows))
    fresh.config.write_text(fresh.config.read_text().replace("path: rows.csv", 'path: "span-{SPAN}/*.csv"'))

    newest = fresh.run(*UNTIL)
    assert newest.record["nodes"][0]["text"].startswith("span 8: 1,200 rows: ")
    again = fresh.run(*UNTIL)
    assert (again.states["ExampleGen"], again.record["nodes"][0]["text"]) == (
        "cached",
        newest.record["nodes"][0]["text"],
    )

    older = fresh.run(*UNTIL, "--span", "7")
    assert older.record["nodes"][0]["text"].startswith("span 7: 800 rows: ")
    step = fresh.millrace("launch-node", "--node", "ExampleGen", "--run-id", "step", "--set", "data.span=7")
    assert step.code == 0, step.stderr
    assert "span 7: 800 rows: " in step.stdout
    absent = fresh.run(*UNTIL, "--set", "data.span=9")
    assert absent.code == 3
    assert "There is no span 9; there are 7, 8." in absent.stdout + absent.stderr


@pytest.mark.full
def test_a_backfill_leaves_what_it_made_out_of_service(fresh):
    header, *lines = fresh.data.read_text().splitlines(keepends=True)
    for span, rows in ((1, lines[:1000]), (2, lines[1000:])):
        (fresh.folder / f"{span}.csv").write_text(header + "".join(rows))
    text = fresh.config.read_text().replace("path: rows.csv", 'path: "{SPAN}.csv"')
    fresh.config.write_text(text + "gate: {drift: 1, skew: 1, unseen: 1}\n")
    filled = fresh.run("--spans", "1..2")
    assert (filled.code, filled.record["published"], filled.record["in_service"]) == (0, 1, 1)
    assert filled.record["nodes"][0]["text"].startswith("span 2: 1,000 rows: ")
    [served] = json.loads(fresh.millrace("history", "--output", "json").stdout)
    aside = json.loads(fresh.millrace("history", "--backfilled", "--output", "json").stdout)
    assert served["run"] == filled.record["run"]
    assert [(line["number"], line["span"], line["backfill"]) for line in aside] == [(1, "1", "1..2"), (2, "2", "1..2")]
    assert aside[1]["run"] != served["run"]
