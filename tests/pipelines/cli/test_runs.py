"""The verbs for runs of a cluster, as a user types them; the server is a stand-in on a real socket."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from configs.loading.packed_text import unpack
from pipelines.cli import app, follow, runs
from pipelines.remote import submit, workloads
from pipelines.reporting.testimony import tell
from tests.fakes import vertex_server
from tests.fakes.argo_nodes import pod_name, tasks_of
from tests.fakes.kfp_server import KfpServer
from tests.pipelines.cli.conftest import Command, compiled, scheduled
from tests.sandbox import Answer

TEXT = "\nPublished version 2: auc 0.95\n"


@pytest.fixture
def course(server: KfpServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets each look at a run find the next of some states, with tasks."""
    monkeypatch.setattr(submit.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(workloads, "connect", lambda namespace: None)

    def take(*looks: tuple[str, list[dict[str, Any]]]) -> None:
        server.course = [{"state": state, "run_details": {"task_details": tasks}} for state, tasks in looks]

    return take


def start(millrace: Command, server: KfpServer, config: str, *given: str) -> str:
    """Submits a run; returns its id."""
    millrace("submit", config, *(given or compiled(config)))
    return next(reversed(server.runs))


def test_those_of_the_server_are_listed_and_one_is_shown(millrace: Command, server: KfpServer, config: str) -> None:
    assert millrace("runs", config, "--output", "json").stdout == "[]\n"
    run_id = start(millrace, server, config)
    server.course = [{"state": "RUNNING", "run_details": {"task_details": tasks_of("trainer", "RUNNING")}}]
    listed = millrace("runs", config).stdout
    assert run_id in listed and "pending" in listed
    shown = millrace("runs", "list", config, run_id)
    assert re.search(r"trips 2.*: running, 0 nodes done, at work: Trainer", shown.stdout)
    assert re.search(r"^ Trainer +running", shown.stdout, re.MULTILINE)
    assert "executor" not in shown.stdout and "driver" not in shown.stdout
    unknown = millrace("runs", config, "r1")
    assert unknown == Answer(2, "", f"{server.host}: It does not have this: ResourceNotFoundError: r1 not found.\n")


def test_steps_that_never_started_are_told_so_when_the_run_has_ended(
    millrace: Command, server: KfpServer, config: str, course: Callable[..., None]
) -> None:
    run_id = start(millrace, server, config)
    course(("FAILED", [*tasks_of("trainer", "FAILED"), *tasks_of("finish", "PENDING", state="PENDING")]))
    assert re.search(r"^ finish +not run", millrace("runs", config, run_id).stdout, re.MULTILINE)


def test_one_is_watched_to_its_end_by_the_screen_of_a_local_run(
    millrace: Command, server: KfpServer, config: str, course: Callable[..., None]
) -> None:
    run_id = start(millrace, server, config)
    ended = {"outcome": {"node": "Trainer", "state": "done", "seconds": 61.5, "text": "loss 0.43"}}
    whole = [*tasks_of("trainer", "SUCCEEDED"), *tasks_of("finish", "SUCCEEDED")]
    course(("RUNNING", tasks_of("trainer", "RUNNING")), ("SUCCEEDED", whole))
    server.logs[pod_name("trainer", 0)] = f"{tell({'node': 'Trainer', 'state': 'running'})}\n{tell(ended)}\n"
    server.logs[pod_name("finish", 0)] = tell({"text": TEXT, "exit_code": 0, "published": 2})
    watched = millrace("runs", "watch", config, run_id)
    assert watched == Answer(0, f"Trainer       done      61.5 s  loss 0.43\n{TEXT.strip()}\n", "")
    machine = millrace("runs", "watch", config, run_id, "--output", "json")
    assert (machine.record["run"], machine.record["exit_code"], machine.record["published"]) == (run_id, 0, 2)


def test_one_is_canceled_as_kubeflow_s_terminate_does_it(millrace: Command, server: KfpServer, config: str) -> None:
    run_id = start(millrace, server, config)
    would = millrace("runs", "cancel", config, run_id, "--dry-run").stdout.splitlines()
    assert (would[0], server.runs[run_id].state) == (f"Run {run_id} would be told to end", "PENDING")
    said = millrace("runs", "cancel", config, run_id).stdout.splitlines()
    assert said == [f"Run {run_id} is told to end", f"Follow it   millrace runs watch {config} {run_id}"]
    assert server.runs[run_id].state == "CANCELING"
    while millrace("runs", config, run_id, "--output", "json").record["state"] != "CANCELED":
        pass
    again = millrace("runs", "cancel", config, run_id)
    assert (again.code, again.stderr) == (2, f"run {run_id}: it has ended already: canceled.\n")


def test_one_is_submitted_again_as_it_was(millrace: Command, server: KfpServer, config: str) -> None:
    run_id = start(millrace, server, config, *scheduled(config), "--param", "cache=false")
    going = millrace("runs", "retry", config, run_id)
    said = f"run {run_id}: it goes on.\nEnd it first: millrace runs cancel {config} {run_id}\n"
    assert going == Answer(2, "", said)
    server.runs[run_id].state = "FAILED"
    assert millrace("runs", "retry", config, run_id, "--dry-run").code == 0
    assert len(server.runs) == 1
    told = millrace("runs", "retry", config, run_id).stdout
    first, second = server.runs.values()
    assert told == f"Run         {second.run_id}\nLook at it  {server.host}/#/runs/details/{second.run_id}\n"
    assert second.pipeline_spec == first.pipeline_spec
    asked = unpack(second.runtime_config.parameters["asked"], "asked")
    assert re.fullmatch(rf"\S+@\S+ has run {run_id} again", asked)
    assert second.runtime_config.parameters["cache"] is False


def test_one_of_a_schedule_is_submitted_again_to_train_in_any_case(
    millrace: Command, server: KfpServer, config: str
) -> None:
    millrace("schedule", "apply", config, *scheduled(config))
    millrace("schedule", "trigger", config, "--reason", "new data")
    (first,) = server.runs.values()
    first.state = "FAILED"
    assert millrace("runs", "retry", config, first.run_id).code == 0
    second = next(reversed(server.runs.values()))
    assert second.pipeline_version_reference == first.pipeline_version_reference
    assert f"has run {first.run_id} again" in unpack(second.runtime_config.parameters["asked"], "asked")


def test_its_logs_are_those_of_its_pods(
    millrace: Command, server: KfpServer, config: str, course: Callable[..., None]
) -> None:
    run_id = start(millrace, server, config)
    first = "example-gen-to-transform"
    course(("SUCCEEDED", [*tasks_of(first, "SUCCEEDED"), *tasks_of("trainer", "FAILED", "SUCCEEDED")]))
    server.logs[pod_name(first, 0)] = "ExampleGen done\n"
    server.logs[pod_name("trainer", 0)] = f"killed\n{tell({'exit_code': 1})}\n"
    server.logs[pod_name("trainer", 1)] = "going on from step 500\n"
    assert millrace("runs", "logs", config, run_id).stdout == "ExampleGen done\nkilled\ngoing on from step 500\n"
    assert millrace("runs", "logs", config, run_id, "Trainer", "--follow").stdout == "killed\ngoing on from step 500\n"
    one = millrace("runs", "logs", config, run_id, "SchemaGen", "--output", "json").record
    assert one == {"run": run_id, "logs": {"ExampleGen to Transform": "ExampleGen done\n"}}
    wrong = millrace("runs", "logs", config, run_id, "Tuner")
    assert (wrong.code, wrong.stderr.startswith(f"run {run_id}: no step of the run launches 'Tuner'.\n")) == (2, True)


def test_a_log_whose_pods_are_gone_is_that_of_the_run_s_folder(
    millrace: Command, server: KfpServer, config: str, course: Callable[..., None], tmp_path: Path
) -> None:
    run_id = start(millrace, server, config)
    course(("FAILED", tasks_of("trainer", "FAILED")))
    text = Path(config).read_text()
    Path(config).write_text(f"{text}cluster: {{root: {tmp_path}/volume}}\n")
    gone = millrace("runs", "logs", config, run_id)
    assert (gone.code, gone.stderr.splitlines()[0]) == (2, f"run {run_id}: its log is not to be had from here.")
    folder = tmp_path / "volume/trips/runs" / run_id
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("all of it\n")
    (folder / "Trainer.log").write_text("one\n")
    assert millrace("runs", "logs", config, run_id).stdout == "all of it\n"
    assert millrace("runs", "logs", config, run_id, "Trainer").stdout == "one\n"


def test_its_page_is_opened(millrace: Command, server: KfpServer, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(runs.webbrowser, "open", opened.append)
    run_id = start(millrace, server, config)
    url = f"{server.host}/#/runs/details/{run_id}"
    assert (millrace("runs", "open", config, run_id).stdout, opened) == (f"{url}\n", [url])


@pytest.mark.parametrize(("wants", "code"), [(None, 130), (False, 130), (True, 1)])
def test_ctrl_c_leaves_a_run_or_ends_it(
    millrace: Command, server: KfpServer, config: str, course: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
    wants: bool | None, code: int,
) -> None:  # fmt: skip
    """`wants` is what a person answers; None without one, whose standard input is no terminal."""
    course(("RUNNING", tasks_of("trainer", "RUNNING")))
    interrupts = iter([KeyboardInterrupt])

    def sleep(seconds: float) -> None:
        for interrupt in interrupts:
            raise interrupt

    monkeypatch.setattr(submit.time, "sleep", sleep)
    monkeypatch.setattr(follow.sys.stdin, "isatty", lambda: wants is not None, raising=False)
    monkeypatch.setattr(follow.typer, "confirm", lambda *_, **named: wants)
    answer = millrace("submit", config, *compiled(config), "--wait")
    (run_id,) = server.runs
    assert answer.code == code
    if wants:
        assert server.runs[run_id].state == "CANCELED"
        assert "Ended       canceled" in answer.stdout
    else:
        assert server.runs[run_id].state == "RUNNING"
        back = f"The run goes on.\nCome back to it: millrace runs watch {config} {run_id}\n"
        assert back in answer.stdout


def test_a_run_that_holds_nothing_here_is_not_released(millrace: Command, config: str) -> None:
    from typer.testing import CliRunner

    from pipelines.cli import app

    done = CliRunner().invoke(app.app, ["runs", "release", config, "r1", "--reason", "its node is gone"])
    assert "One machine has no lease" in str(done.exception)


def test_runs_of_vertex_are_ended_and_begun_again_by_the_same_verbs(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = {"project": "a-project", "location": "europe-west6", "metadata": "projects/1/secrets/m/versions/1"}
    with Path(config).open("a") as file:
        file.write(f"cluster: {json.dumps({'root': 'gs://bucket/millrace', 'vertex': project})}\n")

    def ask(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["millrace", *words, "--engine", "vertex"])
        with pytest.raises(SystemExit):
            app.main()
        return capsys.readouterr().out

    with vertex_server.serve(monkeypatch) as server:
        ask("submit", config, *compiled(config))
        (name,) = server.jobs
        run_id = name.rpartition("/")[2]
        assert ask("runs", "cancel", config, run_id).startswith(f"Run {run_id} is told to end\n")
        assert server.jobs[name].state.name == "PIPELINE_STATE_CANCELLING"
        server.jobs[name].state = "PIPELINE_STATE_CANCELLED"
        assert re.search(rf"^ {run_id} +trips .* canceled", ask("runs", "list", config), re.MULTILINE)
        told = ask("runs", "retry", config, run_id)
        _, again = server.jobs.values()
        assert told.startswith(f"Run         {again.name.rpartition('/')[2]}\n")
        assert again.state.name == "PIPELINE_STATE_PENDING"


def test_scripts_are_answered(millrace: Command, server: KfpServer, config: str) -> None:
    run_id = start(millrace, server, config)
    assert json.loads(millrace("runs", "cancel", config, run_id, "--output", "json").stdout)["canceled"] is True
    assert millrace("runs", "open", config, run_id, "--output", "json").record["run"] == run_id
