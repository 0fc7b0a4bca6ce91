from pathlib import Path
from typing import Any

import pytest

from components.readers.portions import find_spans
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.spans import find_unit
from pipelines.execution.span_changes import LOOKS_BACK, find_changes, find_newest_span
from pipelines.runs.outcomes import Outcome, write_outcome
from pipelines.runs.run import Run
from tests.pipelines.schedule.records import leave_record, leave_run
from tests.sandbox import Sandbox


@pytest.fixture
def days(fresh: Sandbox) -> Config:
    """Three days of 10, 20 and 30 rows."""
    lines = fresh.data.read_text().splitlines(keepends=True)
    for day in (1, 2, 3):
        (fresh.folder / f"2026-11-0{day}.csv").write_text("".join(lines[: 1 + 10 * day]))
    return load(fresh.config, [f"data.path={fresh.folder}/{{YYYY}}-{{MM}}-{{DD}}.csv", "data.spans=2"])


def see(config: Config, *days: int) -> dict[str, Any]:
    found, names = find_spans(config.data, bool), [f"2026-11-0{day}" for day in days]
    return {name: {"digest": found[name].digest(), "rows": found[name].count_rows()} for name in names}


def change(config: Config, day: int, rows: int) -> None:
    """Adds rows to a day, or takes them away."""
    path = Path(config.data.path.replace("{YYYY}-{MM}-{DD}", f"2026-11-0{day}"))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines + lines[1 : 1 + rows] if rows > 0 else lines[:rows]))


def tell(config: Config, *days: int) -> list[str]:
    read = Outcome("ExampleGen", "done", details={"portions": see(config, *days)})
    return [change["text"] for change in find_changes(config, Run(config.home, "r9"), [read])]


def test_late_rows_of_a_span_that_is_taken_again_are_counted(days: Config) -> None:
    leave_record(days, "r1", portions=see(days, 1, 2))
    assert tell(days, 2, 3) == []
    change(days, 2, 5)
    told = "span 2026-11-02 has changed since run r1 read it: 5 rows came late; this run takes it as it is now"
    assert tell(days, 2, 3) == [told]


def test_what_the_run_before_read_and_this_one_leaves_behind_is_looked_at(days: Config) -> None:
    leave_record(days, "r1", portions=see(days, 1, 2))
    assert tell(days, 2, 3) == []
    change(days, 1, -4)
    told = "span 2026-11-01 has changed since run r1 read it: it has 6 rows, and had 10; this run does not take it"
    assert tell(days, 2, 3) == [told]
    Path(days.data.path.replace("{YYYY}-{MM}-{DD}", "2026-11-01")).unlink()
    assert tell(days, 2, 3) == []


def test_the_newest_run_that_read_a_span_is_the_one_that_counts(days: Config) -> None:
    leave_record(days, "r1", portions=see(days, 2))
    change(days, 2, 5)
    leave_record(days, "r2", portions=see(days, 2))
    assert tell(days, 2, 3) == []
    change(days, 2, -1)
    assert [text.split(":")[0] for text in tell(days, 2, 3)] == ["span 2026-11-02 has changed since run r2 read it"]


def test_a_span_is_no_news_to_the_run_itself_nor_to_one_that_failed(days: Config) -> None:
    leave_record(days, "r9", portions=see(days, 2))
    leave_record(days, "r1", nodes=[{"node": "ExampleGen", "state": "failed", "details": {}}], exit_code=3)
    (Run(days.home, "r1").folder.parent / "r2").mkdir()
    (Run(days.home, "r2").record).write_text("{")
    change(days, 2, 5)
    assert tell(days, 2, 3) == []


def test_no_more_runs_are_read_than_a_few(days: Config) -> None:
    leave_record(days, "q", portions=see(days, 2))
    for number in range(LOOKS_BACK):
        leave_record(days, f"s{number}", portions=see(days, 3))
    change(days, 2, 5)
    assert tell(days, 2, 3) == []


def test_data_without_spans_may_grow_in_silence(fresh: Sandbox) -> None:
    config = load(fresh.config)
    leave_record(config, "r1", portions={"all": {"digest": "a", "rows": 1}})
    read = Outcome("ExampleGen", "done", details={"portions": {"all": {"digest": "b", "rows": 2}}})
    assert find_changes(config, Run(config.home, "r9"), [read]) == []


def test_the_newest_span_of_a_run_is_known_by_its_record_or_by_its_node_alone(days: Config) -> None:
    leave_record(days, "r1", portions=see(days, 1, 2))
    killed = leave_run(days, "r2", "2026-06-01T03:00:00+00:00")
    write_outcome(killed, Outcome("ExampleGen", "done", details={"portions": see(days, 2, 3)}))
    unit = find_unit(days.data.path)
    newest = [find_newest_span(days, run) for run in ("r1", "r2", "r3")]
    assert newest == [unit.read("2026-11-02"), unit.read("2026-11-03"), None]
