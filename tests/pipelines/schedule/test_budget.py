"""A schedule that is paused by what starts its runs, over a real socket."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.remote.connect import connect_service, reach_from_pod
from pipelines.remote.schedule import carry_out, plan_changes, wanted_run
from pipelines.schedule.budget import find_pause, pause_recurring
from pipelines.schedule.inquiry import ask_schedule
from pipelines.schedule.state import State, read_state
from tests.fakes.compiled_pipeline import SCHEDULED
from tests.fakes.kfp_server import KfpServer, serving
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox

NOW = datetime(2026, 6, 2, 3, 0, 5, tzinfo=timezone.utc)
WHY = "3 runs in a row failed"


@pytest.fixture
def server() -> Iterator[KfpServer]:
    with serving() as state:
        yield state


@pytest.fixture
def daily(fresh: Sandbox, server: KfpServer) -> Config:
    """A pipeline whose pods reach the server, from where nobody else does."""
    cluster = f"cluster={{host: 'http://127.0.0.1:9', api: '{server.host}'}}"
    return load(fresh.config, ["schedule={cron: 0 3 * * *}", cluster])


def make_recurring(config: Config) -> None:
    service = connect_service("kubeflow", reach_from_pod(config))
    carry_out(service, plan_changes(service, wanted_run(service, config, SCHEDULED, {})), SCHEDULED, {})


def test_the_third_failure_in_a_row_is_the_last(daily: Config) -> None:
    found = [find_pause(daily, leave_record(daily, f"r{number}", exit_code=1)) for number in (1, 2, 3)]
    assert found == [None, None, WHY]
    assert find_pause(daily, leave_record(daily, "r4", exit_code=1, decision=None)) is None  # by hand
    assert find_pause(daily, leave_record(daily, "r5", exit_code=0)) is None
    assert find_pause(daily, {"run": None, "decision": {"pause": WHY}}) == WHY
    assert find_pause(daily, {"run": None, "decision": {"pause": None}}) is None


def test_the_recurring_run_is_paused_and_the_next_that_is_begun_is_a_person_s_wish(
    daily: Config, server: KfpServer
) -> None:
    make_recurring(daily)
    for name in ("r1", "r2", "r3"):
        leave_record(daily, name, exit_code=1)
    record = pause_recurring(daily, WHY, "kubeflow", NOW)
    (recurring,) = server.recurring_runs.values()
    assert (recurring.mode, record["decision"]["pause"]) == ("DISABLE", WHY)
    assert read_state(daily.home) == State(resumed=NOW)
    assert ask_schedule(daily, NOW + timedelta(days=1)).due


@pytest.mark.parametrize("fault", ["down", "forbidden", "none"])
def test_where_nobody_can_be_told_runs_end_at_once(daily: Config, server: KfpServer, fault: str) -> None:
    server.forbidden = fault == "forbidden"
    if fault == "down":
        api = daily.cluster.model_copy(update={"api": "http://127.0.0.1:9"})
        daily = daily.model_copy(update={"cluster": api})
    record = pause_recurring(daily, WHY, "kubeflow", NOW)
    said = record["decision"]["pause"]
    assert said.startswith(f"{WHY}; runs are still begun, and end at once, since what starts them could not be told: ")
    reason = {"down": "http://127.0.0.1:9", "forbidden": server.host, "none": "it knows no recurring run called trips"}
    assert reason[fault] in said
    assert read_state(daily.home) == State(paused=f"paused at 2026-06-02 03:00 UTC, as {WHY}")
    decision = ask_schedule(daily, NOW + timedelta(days=1))
    assert decision.text == f"not due: paused at 2026-06-02 03:00 UTC, as {WHY}"


def test_a_pod_shows_the_token_that_a_full_kubeflow_gives_it(
    daily: Config, server: KfpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.token, server.multi_user = "of the pod", True
    assert "does not know who asks" in pause_recurring(daily, WHY, "kubeflow", NOW)["decision"]["pause"]
    (tmp_path / "token").write_text("of the pod")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    make_recurring(daily)
    assert pause_recurring(daily, WHY, "kubeflow", NOW)["decision"]["pause"] == WHY
