"""The verbs that talk to a server, as a user types them; the server is a stand-in on a real socket."""

import json
import os
import random
import string
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from configs.errors import DataRejected
from configs.home import Home
from configs.schema.config import Config
from pipelines.cli import submit as cli
from pipelines.cli.follow import Followed
from pipelines.remote import submit
from pipelines.remote.service import Run, Service
from pipelines.reporting.testimony import tell
from pipelines.runs.outcomes import as_data
from pipelines.runs.run import Run as LocalRun
from pipelines.storage import sync
from tests.fakes import bucket
from tests.fakes.argo_nodes import pod_name, tasks_of
from tests.fakes.compiled_pipeline import PIPELINE, SCHEDULED
from tests.fakes.kfp_server import Answer as Instead
from tests.fakes.kfp_server import KfpServer
from tests.pipelines.cli.conftest import Command, compiled, scheduled
from tests.sandbox import ROOT, YAML, Answer

CANARY = "canary-7f3e91"


def test_submit_says_what_runs_and_where_to_look(millrace: Command, server: KfpServer, config: str) -> None:
    answer = millrace("submit", config, *compiled(config), "--param", "cache=false")
    (run_id,) = server.runs
    assert answer == Answer(0, f"Run         {run_id}\nLook at it  {server.host}/#/runs/details/{run_id}\n", "")
    assert server.runs[run_id].runtime_config.parameters == {"cache": False}


def test_submit_refuses_what_the_server_does_not_know(millrace: Command, server: KfpServer, config: str) -> None:
    server.release = "2.15.0"
    file = Path(config).parent / "compiled.yaml"
    pool = "labels: {pool: gpu}\n"
    for verb, text in (["submit"], PIPELINE), (["schedule", "apply"], SCHEDULED):
        file.write_text(text.replace(pool, f"{pool}          securityContext: {{runAsUser: '1000'}}\n"))
        answer = millrace(*verb, config, *compiled(config))
        what = "Kubeflow Pipelines 2.15.0 does not know 'securityContext', which resources.user becomes."
        assert answer == Answer(2, "", f"{server.host}: {what}\nCompile for it: cluster.version: '2.15'.\n")
    assert server.runs == server.recurring_runs == {}


def test_a_parameter_that_is_too_large_for_argo_is_refused(millrace: Command, server: KfpServer, config: str) -> None:
    letters = random.Random(0)
    text = "".join(letters.choice(string.ascii_letters) for _ in range(400_000))
    answer = millrace("submit", config, *compiled(config), "--param", f"config={text}")
    assert (answer.code, server.runs) == (2, {})
    assert "bytes, compressed, and Argo keeps 1,048,576" in answer.stderr


@pytest.mark.parametrize(
    ("given", "states", "runs"), [(0, ["FAILED"], 1), (1, ["FAILED", "SUCCEEDED"], 2), (2, ["FAILED"] * 3, 3)]
)
def test_a_run_that_failed_is_handed_in_again(
    millrace: Command, server: KfpServer, config: str, given: int, states: list[str], runs: int
) -> None:
    server.course = [{"state": state} for state in states]
    answer = millrace("submit", config, *compiled(config), "--wait", "--resubmit", str(given))
    assert (answer.code, len(server.runs)) == (0 if states[-1] == "SUCCEEDED" else 1, runs)
    assert answer.stdout.count("It failed, and is handed in again: it goes on where it was.") == runs - 1


def test_a_run_that_is_not_followed_cannot_be_handed_in_again(millrace: Command, config: str) -> None:
    answer = millrace("submit", config, *compiled(config), "--resubmit", "1")
    said = "--resubmit: a run is handed in again once it has ended.\nGive --wait as well.\n"
    assert answer == Answer(2, "", said)


@pytest.mark.slow
@pytest.mark.parametrize(("code", "runs"), [(4, 1), (3, 1), (1, 3)])
def test_a_run_whose_record_tells_a_verdict_is_not_handed_in_again(
    millrace: Command, server: KfpServer, config: str, monkeypatch: pytest.MonkeyPatch, code: int, runs: int
) -> None:
    def end(service: Service, config: Config, path: str, run: Run, *_: Any) -> Followed:
        home = Home.below("s3://models/volume", "trips")
        record = LocalRun(home, run.run).record
        record.parent.mkdir(parents=True)
        record.write_text(json.dumps({"run": run.run, "ended": "2026-01-05T04:00:00+00:00", "exit_code": code}))
        sync.put_files(home, record)
        return Followed(replace(run, state="FAILED"), None)

    monkeypatch.setattr(cli, "follow", end)
    with bucket.serve():
        root = ("--set", "cluster.root=s3://models/volume")
        answer = millrace("submit", config, *compiled(config), *root, "--wait", "--resubmit", "2")
    assert (answer.code, len(server.runs)) == (1, runs)


def test_submit_answers_a_script(millrace: Command, server: KfpServer, config: str) -> None:
    answer = millrace("submit", config, *compiled(config), "--output", "json")
    (run_id,) = server.runs
    assert (answer.record["run"], answer.record["state"], answer.record["exit_code"]) == (run_id, "PENDING", None)


def test_a_dry_run_asks_nobody(millrace: Command, server: KfpServer, config: str) -> None:
    answer = millrace("submit", config, *compiled(config), "--param", "cache=false", "--dry-run", "--output", "json")
    assert answer.record == {
        "engine": "kubeflow",
        "host": server.host,
        "namespace": "kubeflow",
        "experiment": "Default",
        "service_account": "millrace",
        "parameters": {"cache": False},
    }
    assert server.asked == []


def test_a_wrong_parameter_asks_nobody(millrace: Command, server: KfpServer, config: str) -> None:
    answer = millrace("submit", config, *compiled(config), "--param", "cash=false")
    said = "--param cash=false: the pipeline has no parameter 'cash'.\nDid you mean 'cache'?\n"
    assert answer == Answer(2, "", said)
    assert server.asked == []


@pytest.mark.parametrize(("state", "code"), [("SUCCEEDED", 0), ("FAILED", 1)])
def test_wait_follows_a_run_to_its_end(
    millrace: Command, server: KfpServer, config: str, monkeypatch: pytest.MonkeyPatch, state: str, code: int
) -> None:
    def look(state: str, *steps: tuple[str, str, str]) -> dict[str, object]:
        tasks = [
            {"task_id": name, "display_name": name, "state": state, "error": {"message": error}}
            for name, state, error in steps
        ]
        return {"state": state, "run_details": {"task_details": tasks}}

    monkeypatch.setattr(submit.time, "sleep", lambda seconds: None)
    error = "OOMKilled" if code else ""
    server.course = [
        look("PENDING"),
        look("RUNNING", ("example-gen", "SUCCEEDED", ""), ("trainer", "RUNNING", "")),
        look("RUNNING", ("example-gen", "SUCCEEDED", ""), ("trainer", "RUNNING", "")),
        look(state, ("example-gen", "SUCCEEDED", ""), ("trainer", state, error)),
    ]
    answer = millrace("submit", config, *compiled(config), "--wait")
    assert answer.code == code
    assert [line.rstrip() for line in answer.stdout.splitlines()[2:]] == [
        "ExampleGen    done       0.0 s",
        f"Trainer       failed     0.0 s  {error}" if code else "Trainer       done       0.0 s",
        f"Ended       {state.lower()}",
        *(["Trainer: OOMKilled"] if code else []),
    ]
    server.course = server.course[-1:]
    machine = millrace("submit", config, *compiled(config), "--wait", "--output", "json")
    assert (machine.code, machine.record["state"], machine.record["exit_code"]) == (code, state, code)
    assert machine.record["steps"][1] == {
        "name": "trainer",
        "state": state,
        "error": error,
        "tries": [],
        "nodes": ["Trainer"],
    }


def test_wait_ends_with_the_verdict_and_exit_code_of_the_run(millrace: Command, server: KfpServer, config: str) -> None:
    tasks = tasks_of("data-gate", "FAILED", state="RUNNING")
    server.course = [{"state": "RUNNING", "run_details": {"task_details": tasks}}]
    server.logs[pod_name("data-gate", 0)] = tell({"node": "DataGate", **as_data(DataRejected("fare: 2 anomalies"))})
    answer = millrace("submit", config, *compiled(config), "--wait", "--resubmit", "2")
    assert (answer.code, len(server.runs)) == (3, 1)
    assert answer.stdout.splitlines()[2:] == [
        "DataGate      failed     0.0 s  fare: 2 anomalies",
        "Data rejected; nothing was published.",
        "fare: 2 anomalies.",
        "The cluster ends the run by itself, when it has tried the step once more.",
    ]
    machine = millrace("submit", config, *compiled(config), "--wait", "--output", "json")
    assert (machine.code, machine.record["exit_code"], machine.record["state"]) == (3, 3, "RUNNING")
    assert machine.record["text"] == "Data rejected; nothing was published.\nfare: 2 anomalies."


def test_wait_says_what_run_says_at_the_end(millrace: Command, server: KfpServer, config: str) -> None:
    tasks = [*tasks_of("trainer", "SUCCEEDED", after="finish"), *tasks_of("finish", "SUCCEEDED")]
    server.course = [{"state": "SUCCEEDED", "run_details": {"task_details": tasks}}]
    text = "\nPublished version 2: auc 0.95\n\nIn service  version 2\n"
    server.logs[pod_name("finish", 0)] = tell({"text": text, "exit_code": 0, "published": 2})
    answer = millrace("submit", config, *compiled(config), "--wait")
    shown, *said = answer.stdout.splitlines()[2:]
    assert (answer.code, shown.split()[:2], said) == (0, ["Trainer", "done"], text.strip().splitlines())
    machine = millrace("submit", config, *compiled(config), "--wait", "--output", "json")
    assert (machine.record["exit_code"], machine.record["published"]) == (0, 2)


def test_a_secret_is_in_nothing_that_is_said_or_kept(
    millrace: Command, server: KfpServer, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TOKEN", CANARY)
    server.token = CANARY
    access = ("--access", "{kind: token, env: KFP_TOKEN}")
    commands = [
        ("submit", config, *compiled(config), "--dry-run"),
        ("submit", config, *compiled(config)),
        ("schedule", "apply", config, *scheduled(config), "--output", "json"),
        ("schedule", "list", config),
        ("runs", config),
    ]
    said = [millrace(*command, *access) for command in commands]
    assert [answer.code for answer in said] == [0] * 5, said
    echo = f'{{"code": 13, "message": "token {CANARY} made me panic"}}'
    server.instead = {("GET", "healthz"): Instead(500, echo), ("POST", "runs"): Instead(500, echo)}
    said += [millrace(*command, *access) for command in commands[1:]]
    assert "token *** made me panic" in said[-1].stderr
    assert not any(CANARY in text for answer in said for text in (answer.stdout, answer.stderr))
    kept = [*server.runs.values(), *server.recurring_runs.values()]
    assert kept and not any(CANARY in str(each) for each in kept)
    assert not any(CANARY in file.read_text() for file in Path(config).parent.rglob("*") if file.is_file())


@pytest.mark.parametrize("arguments", [("submit",), ("schedule", "list"), ("runs",)])
def test_a_failure_is_one_paragraph(
    millrace: Command, server: KfpServer, config: str, arguments: tuple[str, ...]
) -> None:
    server.token = "wanted"
    answer = millrace(*arguments, config, *(compiled(config) if arguments == ("submit",) else ()))
    assert answer == Answer(
        1,
        "",
        f"{server.host}: It does not know who asks: Request header error: there is no user identity header.\n"
        "Say by cluster.access, or --access, how it learns who asks.\n",
    )


def test_a_variable_is_wanted_where_it_is_read_here(millrace: Command, config: str) -> None:
    text = YAML.replace("{format: csv, path: rows.csv}", "\n  format: csv\n  path: ${ROWS}")
    Path(config).write_text(text)
    assert millrace("schedule", "list", config).code == 0
    Path(config).write_text(text + "cluster:\n  experiment: ${EXPERIMENT}\n")
    answer = millrace("schedule", "list", config)
    assert answer.code == 2
    assert "cluster.experiment: the environment has no variable 'EXPERIMENT'" in answer.stderr


def test_a_shipped_config_is_compiled_and_handed_in(millrace: Command, server: KfpServer) -> None:
    answer = millrace("submit", str(ROOT / "configs" / "taxi.yaml"), "--set", "training.epochs=1", "--output", "json")
    assert answer.code == 0, answer.stderr
    (run,) = server.runs.values()
    declared = run.pipeline_spec["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
    assert declared["set"]["defaultValue"] == ["training.epochs=1"]
    assert "${" not in run.display_name


@pytest.mark.slow
def test_from_the_shell_without_tensorflow_and_without_a_trace(server: KfpServer, config: str) -> None:
    home = Path(config).parent
    code = (
        "import sys; from pipelines.cli.app import main\n"
        "try: main()\n"
        "finally: print('tensorflow' in sys.modules, file=sys.stderr)"
    )
    arguments = ["submit", config, *compiled(config), "--host", server.host, "--output", "json"]
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "HOME": str(home)},
    )  # fmt: skip
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "False"), done.stderr
    assert json.loads(done.stdout)["run"] in server.runs
    assert not (home / ".config").exists()
