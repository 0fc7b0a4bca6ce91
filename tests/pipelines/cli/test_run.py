"""A run that is asked for only if it is due: where it is not, no node is launched."""

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from configs.clock import tell_now
from configs.loading.loader import load
from pipelines.cli.app import app
from pipelines.runs.directory import lock_home
from pipelines.schedule.state import change_state, read_state
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox

YEARLY = 'schedule: {cron: "0 3 1 1 *"}\n'


@pytest.fixture
def yearly(fresh: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(fresh.folder)  # where no other pipeline of its name is nearby
    fresh.config.write_text(fresh.config.read_text() + YEARLY)
    return fresh.config


def ask(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["run", str(config), "--if-due", *arguments])


def test_a_run_that_is_not_due_says_why_and_ends_well(yearly: Path) -> None:
    config = load(yearly)
    leave_record(config, "r1", tell_now())
    change_state(config.home, handled=datetime.now(timezone.utc))
    state, said = read_state(config.home), ask(yearly)
    assert (said.exit_code, said.stdout[:26], said.stdout[29:]) == (
        0, "not due: the next time is ", f" {state.handled.year + 1}-01-01 03:00 UTC\n",
    )  # fmt: skip
    answer = json.loads(ask(yearly, "--output", "json").stdout)
    assert (answer["pipeline"], answer["run"], answer["exit_code"], answer["decision"]["due"]) == (
        "trips", None, 0, False,
    )  # fmt: skip
    assert read_state(config.home) == state
    assert [path.name for path in config.home.runs.iterdir()] == ["r1"]


def test_a_run_that_is_still_going_is_no_failure(yearly: Path) -> None:
    with lock_home(load(yearly).home, "r7"):
        said = ask(yearly)
    assert said.exit_code == 0
    assert said.stdout.startswith("not due: Another run holds the pipeline: run r7, process ")


def test_a_config_without_a_schedule_is_refused(fresh: Sandbox) -> None:
    assert str(ask(fresh.config).exception) == (
        "schedule: The config has no schedule. Add one, like schedule: {cron: '0 3 * * 1'}."
    )


@pytest.mark.parametrize("option", [("--if-due",), ("--until", "ExampleGen"), ("--span", "7")])
def test_a_backfill_takes_all_of_its_spans(fresh: Sandbox, option: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, ["run", str(fresh.config), "--spans", "1..2", *option])
    assert str(said.exception) == (
        f"{option[0]}: A backfill takes each of its spans, and all nodes. Leave it out, or --spans."
    )


def test_a_span_needs_a_place_in_the_path(fresh: Sandbox) -> None:
    said = CliRunner().invoke(app, ["run", str(fresh.config), "--span", "7"])
    assert "has span, but no {SPAN} in its path" in str(said.exception)


def test_clean_removes_what_is_beyond_what_is_kept(fresh: Sandbox) -> None:
    said = CliRunner().invoke(app, ["clean", str(fresh.config), "--keep"])
    assert str(said.exception).startswith("storage.keep: The config does not say what to keep")
    text = fresh.config.read_text().replace("root: workspace", "root: workspace, keep: {runs: 1}")
    fresh.config.write_text(text)
    for run in ("r1", "r2"):
        leave_record(load(fresh.config), run)
    home = load(fresh.config).home
    said = CliRunner().invoke(app, ["clean", str(fresh.config), "--keep", "--dry-run"])
    assert said.stdout.startswith(f"would remove {home.run('r1')}\nwould free 1 run, 0.0 MB")
    assert CliRunner().invoke(app, ["clean", str(fresh.config), "--keep"]).stdout.startswith("freed 1 run, 0.0 MB")
    assert [path.name for path in home.runs.iterdir()] == ["r2"]
    assert CliRunner().invoke(app, ["clean", str(fresh.config), "--keep"]).stdout == "freed nothing\n"


@pytest.mark.slow
def test_a_dry_run_says_where_nodes_would_run_and_leaves_nothing(fresh: Sandbox) -> None:
    args = {"project": "p-1234", "region": "r", "temp_location": "gs://bucket/t", "sdk_container_image": "m:1"}
    engine = json.dumps({"runner": "dataflow", "args": args})
    until = ["--until", "StatisticsGen", "--set", f"beam.nodes.ExampleGen={engine}"]
    asked = ["run", str(fresh.config), "--dry-run", *until]
    told = json.loads(CliRunner().invoke(app, [*asked, "--output", "json"]).stdout)
    assert list(told) == ["ExampleGen", "StatisticsGen"]
    assert told["ExampleGen"]["request"]["name"] == told["ExampleGen"]["job"]
    text = CliRunner().invoke(app, asked).stdout
    assert text.startswith("ExampleGen       dataflow  millrace-trips-examplegen-")
    assert text.endswith("}\nStatisticsGen    direct\n")
    assert not fresh.home.root.exists()
