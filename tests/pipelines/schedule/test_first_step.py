import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from configs.errors import MillraceError
from configs.loading.loader import load
from configs.nodes import DECIDE
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.execution.container_entrypoint import close_run
from pipelines.graph import fingerprint
from pipelines.runs.directory import lock_home, read_decision, write_decision
from pipelines.runs.outcomes import read_outcomes
from pipelines.runs.run import Run
from pipelines.schedule import first_step
from pipelines.schedule.first_step import KEPT, decide_run
from pipelines.schedule.state import State, change_state, read_state
from tests.pipelines.schedule.records import leave_record, leave_run
from tests.sandbox import Sandbox

NOW = datetime(2026, 6, 2, 3, 0, 5, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def daily(fresh: Sandbox) -> Config:
    return load(fresh.config, ["schedule={cron: 0 3 * * *, when: {new_rows: 5000}}"])


def decide(config: Config, name: str, now: datetime = NOW, asked: str = "") -> str:
    return str(decide_run(config, Run(config.home, name), asked, now)["text"])


def test_what_was_decided_is_kept_with_the_run_and_returned_again(daily: Config) -> None:
    assert decide(daily, "r1") == "due: no run has ended yet"
    assert (read_decision(Run(daily.home, "r1")) or {})["text"] == "due: no run has ended yet"
    assert read_state(daily.home) == State(handled=NOW)
    assert decide(daily, "r1", NOW + DAY) == "due: no run has ended yet"
    leave_record(daily, "r1", NOW.isoformat())
    assert decide(daily, "r2", NOW + DAY) == "not due: 2,000 of 5,000 new rows"
    assert not Run(daily.home, "r2").started.exists()


def test_a_try_that_was_killed_after_it_had_decided_costs_no_run(
    daily: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(first_step, "remember_decision", die)
        decide(daily, "r1")
    assert decide(daily, "r1") == "due: no run has ended yet"
    assert read_state(daily.home) == State()


def test_a_person_who_asks_is_always_a_reason(daily: Config) -> None:
    leave_record(daily, "r1", NOW.isoformat())
    change_state(daily.home, handled=NOW, paused="paused by ada")
    assert decide(daily, "r2", asked="bob asks: new labels") == "due: bob asks: new labels"


def test_while_another_run_holds_the_pipeline_none_is_due(daily: Config) -> None:
    with lock_home(daily.home, "r0"):
        assert decide(daily, "r1").startswith("not due: Another run holds the pipeline: run r0, ")
    assert read_state(daily.home) == State()
    assert decide(daily, "r2") == "due: no run has ended yet"


def test_a_run_whose_pods_are_gone_is_gone_on_with_by_the_next(daily: Config) -> None:
    leave_run(daily, "r1", NOW.isoformat())
    change_state(daily.home, handled=NOW)
    assert decide(daily, "r2", NOW + DAY) == "due: run r1 was cut short, and is gone on with"
    leave_record(daily, "r2", (NOW + DAY).isoformat(), exit_code=1)
    assert decide(daily, "r3", NOW + 2 * DAY) == "due: run r2 failed, and is tried again"


def test_what_keeps_it_from_deciding_is_told_by_the_end_of_the_run(daily: Config) -> None:
    daily.home.root.mkdir(parents=True)
    daily.home.schedule.write_text("{")
    with pytest.raises(MillraceError, match="what the schedule remembers cannot be read"):
        decide(daily, "r1")
    run = Run(daily.home, "r1")
    record = close_run(daily, run)
    assert (record["exit_code"], record["error"]["where"]) == (1, str(daily.home.schedule))
    daily.home.schedule.unlink()
    assert decide(daily, "r1") == "not due: 2,000 of 5,000 new rows"
    assert DECIDE not in read_outcomes(run)


def test_what_is_left_of_runs_that_were_not_due_is_forgotten(daily: Config) -> None:
    leave_record(daily, "r0", NOW.isoformat())
    for name, at in (("old", NOW - KEPT - DAY), ("new", NOW - DAY)):
        Run(daily.home, name).folder.mkdir()
        write_decision(Run(daily.home, name), {"due": False, "at": at.isoformat()})
    write_decision(Run(daily.home, "r0"), {"due": True, "at": (NOW - 2 * KEPT).isoformat()})
    decide(daily, "r1")
    assert sorted(path.name for path in daily.home.runs.iterdir()) == ["new", "r0", "r1"]


def test_the_end_of_a_run_that_was_not_due_says_so_and_leaves_no_record(daily: Config) -> None:
    leave_record(daily, "r1", NOW.isoformat())
    change_state(daily.home, handled=NOW)
    decide(daily, "r2", NOW + DAY)
    record = close_run(daily, Run(daily.home, "r2"))
    assert (record["run"], record["exit_code"]) == (None, 0)
    assert record["decision"]["text"] == "not due: 2,000 of 5,000 new rows"
    assert [path.name for path in Run(daily.home, "r2").folder.iterdir()] == ["decision.json"]


def test_it_loads_neither_tfx_nor_tensorflow(fresh: Sandbox) -> None:
    fresh.config.write_text(fresh.config.read_text() + "schedule: {cron: 0 3 * * *, when: {new_rows: 5000}}\n")
    files: dict[str, Any] = {name: {"outputFile": str(fresh.folder / name)} for name in ("due", "decision")}
    told = {
        "inputs": {"parameterValues": {"run_id": "r1", "config": fresh.config.read_text(), "set": []}},
        "outputs": {"outputFile": str(fresh.folder / "out.json"), "parameters": files},
    }
    options = ["--image", fingerprint.of_image(), "--root", str(fresh.folder), "--executor-input", json.dumps(told)]
    code = (
        "import sys; from pipelines.cli.app import app\n"
        f"app({['decide', str(fresh.config), *options]!r}, standalone_mode=False)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == "due: no run has ended yet", done.stderr
    assert {"tensorflow", "tfx", "keras", "apache_beam"} & set(done.stdout.split()) == set()
    assert [(fresh.folder / name).read_text() for name in ("due", "decision")] == ["true", "due: no run has ended yet"]
