from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from components.evaluation.tally import Estimate
from components.readers.portions import find_portions
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.monitoring.drift import Strayed
from pipelines.monitoring.look import Look
from pipelines.monitoring.looks import keep_look
from pipelines.schedule.decision import Past, Seen
from pipelines.schedule.facts import find_publication, gather_facts
from pipelines.schedule.state import State
from tests.pipelines.schedule.records import leave_record, leave_run
from tests.sandbox import Sandbox

THREE = datetime(2026, 6, 1, 3, tzinfo=timezone.utc)


@pytest.fixture
def spans(fresh: Sandbox) -> Config:
    """A pipeline whose data are spans 1 to 3, of 10, 20 and 30 rows; it waits for new ones."""
    lines = fresh.data.read_text().splitlines(keepends=True)
    for span in (1, 2, 3):
        (fresh.folder / f"{span}.csv").write_text("".join(lines[: 1 + 10 * span]))
    options = [f"data.path={fresh.folder}/{{SPAN}}.csv", "data.spans=2"]
    return load(fresh.config, [*options, "schedule={cron: 0 3 * * *, when: {new_rows: 100}}"])


def see(config: Config, *names: str) -> dict[str, Any]:
    """What a run keeps that has read these spans as they are."""
    found = find_portions(config.data, [0])
    return {name: {"digest": found[name].digest(), "rows": found[name].count_rows()} for name in names}


def test_spans_that_no_run_has_read_are_new(spans: Config) -> None:
    leave_record(spans, "r1", portions=see(spans, "1"))
    leave_record(spans, "r2", portions=see(spans, "2"), exit_code=4)
    facts = gather_facts(spans, State())
    assert (facts.new_spans, facts.new_rows, facts.rewritten) == (1, 30, [])
    leave_record(spans, "r3", portions=see(spans, "3"))
    facts = gather_facts(spans, State())
    assert (facts.new_spans, facts.new_rows) == (0, 0)


def test_a_span_that_changed_is_told_and_its_late_rows_are_new(spans: Config) -> None:
    leave_record(spans, "r1", portions=see(spans, "2", "3"))
    file = Path(spans.data.path.replace("{SPAN}", "2"))
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, *lines[1:6]]))
    facts = gather_facts(spans, State())
    assert (facts.new_spans, facts.new_rows, facts.rewritten) == (0, 5, ["2"])


def test_a_node_that_failed_has_seen_nothing(spans: Config) -> None:
    node = {"node": "ExampleGen", "state": "failed", "details": {}}
    leave_record(spans, "r1", nodes=[node], exit_code=3)
    assert gather_facts(spans, State()).new_rows == 20 + 30


def test_one_file_that_grows_has_as_many_new_rows_as_it_grew_by(fresh: Sandbox) -> None:
    config = load(fresh.config, ["schedule={cron: 0 3 * * *, when: {new_rows: 100}}"])
    leave_record(config, "r1", portions=see(config, "all"))
    assert gather_facts(config, State()).new_rows == 0
    lines = fresh.data.read_text().splitlines(keepends=True)
    with fresh.data.open("a") as file:
        file.writelines(lines[1:8])
    assert gather_facts(config, State()).new_rows == 7


def test_data_that_cannot_be_counted_is_left_to_the_run(spans: Config) -> None:
    Path(spans.data.path.replace("{SPAN}", "3")).write_text("fare,tip\n1,2,3\n")
    facts = gather_facts(spans, State())
    assert (facts.new_spans, facts.new_rows) == (None, None)
    assert facts.uncounted is not None
    assert facts.uncounted.startswith(f"what is new cannot be counted: {spans.data.path.replace('{SPAN}', '3')}")


def test_without_a_condition_on_data_none_is_read(fresh: Sandbox) -> None:
    config = load(fresh.config, ["schedule={cron: 0 3 * * *}", "data.path=/nowhere/rows.csv"])
    facts = gather_facts(config, State())
    assert (facts.new_spans, facts.new_rows, facts.uncounted) == (None, None, None)


def test_runs_are_told_that_which_began_last_first(config: Config) -> None:
    leave_record(config, "r1", "2026-06-01T03:00:00+00:00", exit_code=4)
    leave_record(config, "r2", "2026-06-02T03:00:00+00:00", exit_code=1, stopped=True)
    leave_record(config, "r3", "2026-06-03T03:00:00+00:00", decision=None)
    leave_run(config, "r4", "2026-06-01T03:00:00+00:00")  # the clock went back, and it was killed
    moments = [THREE.replace(day=day) for day in (1, 2, 3)]
    assert gather_facts(config, State()).runs == [
        Past("r4", THREE),
        Past("r3", moments[2], moments[2], 0, scheduled=False),
        Past("r2", moments[1], moments[1], 1, stopped=True),
        Past("r1", moments[0], moments[0], 4),
    ]


def test_what_is_remembered_and_what_changed(config: Config) -> None:
    leave_record(config, "r1")
    state = State(handled=THREE, resumed=THREE, paused="by ada", asked="ada asks")
    facts = gather_facts(config, state)
    assert (facts.handled, facts.resumed, facts.paused, facts.asked) == (THREE, THREE, "by ada", "ada asks")
    assert facts.changed == []
    faster = config.training.model_copy(update={"batch_size": 7})
    assert gather_facts(config.model_copy(update={"training": faster}), state).changed == ["config"]


def test_when_the_version_in_service_came_there(config: Config) -> None:
    assert find_publication(config.home) is None
    config.home.root.mkdir(parents=True)
    config.home.history.write_text(
        '{"number": 1, "at": "2026-05-01T03:00:00+00:00"}\n{"number": 2, "at": "2026-06-01T03:00:00+00:00"}\n'
    )
    assert find_publication(config.home) == THREE


def test_what_monitor_found_is_of_the_newest_looks_at_the_version_in_service(fresh: Sandbox) -> None:
    when = "when: {quality: {auc: {min: 0.9}}, drift: {linf: 0.2}}"
    config = load(fresh.config, [f"schedule={{cron: 0 3 * * *, {when}}}"])
    home = config.home
    home.root.mkdir(parents=True)
    home.history.write_text('{"number": 2, "at": "2026-06-01T03:00:00+00:00"}\n')
    assert (gather_facts(config, State()).quality, gather_facts(config, State()).drift) == (None, None)
    for day, version, auc, moved in ((2, 2, 0.95, 0.1), (3, 2, 0.8, 0.2), (4, 2, None, 0.3), (5, 1, 0.5, 0.9)):
        metrics = [] if auc is None else [Estimate("Overall", "auc", auc), Estimate("a=1", "auc", 0.1)]
        strayed = [Strayed("fare", moved, 0.3), Strayed("prediction", None, None)]
        look = Look(f"2026-06-{day:02}T03:00:00+00:00", version, "new.csv", 9, 9, metrics, strayed=strayed)
        keep_look(home, look.as_data())
    facts = gather_facts(config, State())
    assert facts.quality == Seen(THREE.replace(day=3), {"auc": 0.8})
    assert facts.drift == Seen(THREE.replace(day=4), {"fare": 0.3})
    plain = load(fresh.config, ["schedule={cron: 0 3 * * *}"])
    assert gather_facts(plain, State()).drift is None
