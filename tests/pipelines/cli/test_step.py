"""What the end of a run in a cluster tells, over a real socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.errors import DataRejected, MillraceError, NotBlessed
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.cli.step import announce_end
from pipelines.remote.connect import connect_service, reach_from_pod
from tests.fakes.kfp_server import KfpServer
from tests.fakes.webhook import Hook, listening
from tests.pipelines.notify.records import asked_record, run_record
from tests.pipelines.remote.test_kubeflow import apply
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox

BODY = '{"event": "{event}", "what": "{what}", "remedy": "{remedy}"}'


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def config(fresh: Sandbox, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A config whose notifier's secret is in the pod's environment, and no Kubeflow within reach of it."""
    monkeypatch.setenv("HOOK", hook.url)
    fresh.config.write_text(
        fresh.config.read_text()
        + f"notify: [{{kind: webhook, url_env: HOOK, body: '{BODY}'}}]\n"
        + "schedule: {cron: 0 3 * * *, failures: {pause_after: 2}}\n"
        + "cluster: {api: 'http://127.0.0.1:9'}\n"
    )
    return load(fresh.config)


def told(hook: Hook) -> list[str]:
    return [message["event"] for _, message in hook.taken]


def test_what_became_of_a_run_is_told_from_the_pod_of_its_end(config: Config, hook: Hook) -> None:
    ends: list[Any] = [
        run_record(published=1),
        run_record(DataRejected("A cell is no number.", "rows.csv:7"), "ExampleGen"),
        run_record(NotBlessed("auc is 0.7")),
        run_record(MillraceError("The disk is full.")),
        run_record(published=2),
        asked_record(pause=None),
    ]
    for record in ends:
        announce_end(config, record, "kubeflow")
    assert told(hook) == ["published", "refused", "not_blessed", "failed", "published", "recovered"]


def test_the_last_failure_that_the_budget_allows_is_told_with_the_pause(
    config: Config, hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    full = {"exit_code": 1, "error": run_record(MillraceError("The disk is full."))["error"], "folder": "/w/runs"}
    announce_end(config, leave_record(config, "r1", **full), "kubeflow")
    announce_end(config, leave_record(config, "r2", **full), "kubeflow")
    announce_end(config, leave_record(config, "r3", **full), "kubeflow")
    assert told(hook) == ["failed", "paused"]
    paused = hook.taken[1][1]
    assert paused["what"].startswith("The schedule is paused, as 2 runs in a row failed; runs are still begun, and end")
    assert paused["remedy"] == "Mend the cause, then: millrace schedule resume CONFIG"
    assert "The schedule is paused, as 2 runs in a row failed" in capsys.readouterr().out


def test_the_end_of_a_scheduled_run_deletes_the_recurring_run_that_was_replaced(
    fresh: Sandbox, server: KfpServer
) -> None:
    config = load(fresh.config, ["schedule={cron: 0 3 * * *}", f"cluster={{api: '{server.host}'}}"])
    service = connect_service("kubeflow", reach_from_pod(config))
    apply(service, config)
    (old,) = server.recurring_runs
    at_work = server.fire(old)
    apply(service, config, cache=False)
    announce_end(config, run_record(published=1), "kubeflow")  # which a person began
    at_work.state = "SUCCEEDED"
    assert old in server.recurring_runs
    announce_end(config, leave_record(config, "r2", exit_code=0, folder="/w/runs", published=2), "kubeflow")
    assert old not in server.recurring_runs and len(server.recurring_runs) == 1


def test_records_that_cannot_be_read_change_nothing_of_how_a_run_ended(
    config: Config, hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    record = leave_record(config, "r1", exit_code=0, folder="/w/runs", published=1)
    Path(config.home.run("r1"), "run.json").write_text("{")
    announce_end(config, record, "kubeflow")
    assert "Whether the schedule is to be paused is not known: " in capsys.readouterr().err
    assert told(hook) == ["published"]
