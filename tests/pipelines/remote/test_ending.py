"""A run's nodes and its end are told by its steps' logs: a verdict as soon as it is there, else by the last step."""

from typing import Any

import pytest

from configs.errors import ConfigError, DataRejected, MillraceError, NotBlessed, PipelineBusy
from pipelines.remote.connect import connect_service
from pipelines.remote.ending import Witness
from pipelines.remote.service import Run
from pipelines.reporting.testimony import tell
from pipelines.runs.outcomes import as_data
from tests.fakes.argo_nodes import pod_name, tasks_of
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import KfpServer
from tests.pipelines.remote.conftest import Configure

REJECTED = DataRejected("'x' is no number", "rows.csv:7:fare", "Mend it.")
FIRST = "example-gen-to-transform"


def look(server: KfpServer, configure: Configure, state: str, *tasks: dict[str, Any]) -> tuple[Witness, Run]:
    server.course = [{"state": state, "run_details": {"task_details": list(tasks)}}]
    service = connect_service("kubeflow", configure())
    return Witness(service), service.get_run(service.submit(PIPELINE, {}).run)


def outcome(node: str, state: str = "done", text: str = "", seconds: float = 0.0) -> dict[str, Any]:
    return {"outcome": {"node": node, "state": state, "seconds": seconds, "text": text}}


def running(node: str, text: str = "") -> dict[str, Any]:
    return {"node": node, "state": "running", "text": text}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (REJECTED, "Data rejected; nothing was published.\nrows.csv:7:fare: 'x' is no number.\nMend it."),
        (NotBlessed("auc 0.5 < 0.8"), "Not blessed; nothing was published.\nauc 0.5 < 0.8."),
        (PipelineBusy("Another run holds it"), "Failed; nothing was published.\nAnother run holds it."),
        (ConfigError("Another image"), "Failed; nothing was published.\nAnother image."),
    ],
)
def test_a_verdict_ends_a_run_at_the_first_try(
    server: KfpServer, configure: Configure, error: MillraceError, text: str
) -> None:
    witness, run = look(server, configure, "RUNNING", *tasks_of(FIRST, "FAILED", "PENDING", state="RUNNING"))
    server.logs[pod_name(FIRST, 0)] = f"failed\n{tell({'node': 'ExampleGen', **as_data(error)})}\nexit status"
    witness.look(run)
    assert witness.ending is not None
    assert (witness.ending.exit_code, witness.ending.text) == (error.exit_code, text)
    assert run.exit_code is None


def test_the_nodes_of_a_step_are_told_as_they_begin_and_end(server: KfpServer, configure: Configure) -> None:
    witness, run = look(server, configure, "RUNNING", *tasks_of(FIRST, "RUNNING"))
    first = {"outcome": {"node": "ExampleGen", "state": "done", "seconds": 2.5, "text": "2,000 rows"}}
    log = [tell({"node": "ExampleGen", "state": "running"}), "ExampleGen done", tell(first)]
    server.logs[pod_name(FIRST, 0)] = "\n".join(log)
    assert witness.look(run) == [running("ExampleGen"), outcome("ExampleGen", text="2,000 rows", seconds=2.5)]
    assert witness.look(run) == []
    log.append(tell({"node": "StatisticsGen", "state": "running"}))
    server.logs[pod_name(FIRST, 0)] = "\n".join(log)
    assert witness.look(run) == [running("StatisticsGen")]
    assert witness.ending is None


def test_what_may_go_better_at_the_next_try_is_no_verdict_and_is_read_once(
    server: KfpServer, configure: Configure
) -> None:
    witness, run = look(server, configure, "RUNNING", *tasks_of("trainer", "FAILED", "RUNNING"))
    server.logs[pod_name("trainer", 0)] = tell({"node": "Trainer", **as_data(MillraceError("killed"))})
    note = "2nd try; the 1st: killed"
    assert (witness.look(run), witness.ending) == ([running("Trainer", note)], None)
    assert str(run) == "running, 0 nodes done, at work: Trainer (try 2)"
    server.asked.clear()
    ended = {"outcome": {"node": "Trainer", "state": "done", "seconds": 3.0, "text": "loss 0.5"}}
    server.logs[pod_name("trainer", 1)] = "\n".join([tell({"node": "Trainer", "state": "running"}), tell(ended)])
    assert witness.look(run) == [running("Trainer", note), outcome("Trainer", text=f"loss 0.5 ({note})", seconds=3.0)]
    assert not [path for _, path in server.asked if pod_name("trainer", 0) in path]


def test_a_try_that_says_nothing_is_explained_by_who_knows(server: KfpServer, configure: Configure) -> None:
    witness, run = look(server, configure, "RUNNING", *tasks_of("trainer", "FAILED", "PENDING", state="RUNNING"))
    witness.explain = lambda run, step: f"{step.name} was OOMKilled"
    assert witness.look(run) == [running("Trainer", "2nd try; the 1st: trainer was OOMKilled")]


@pytest.mark.parametrize(
    ("state", "told"), [("RUNNING", running("Trainer")), ("SUCCEEDED", outcome("Trainer")), ("PENDING", None)]
)
def test_without_logs_the_states_of_the_steps_are_told(
    server: KfpServer, configure: Configure, state: str, told: dict[str, Any] | None
) -> None:
    witness, run = look(server, configure, "RUNNING", *tasks_of("trainer", state))
    assert witness.look(run) == ([told] if told else [])
    assert witness.look(run) == []


@pytest.mark.parametrize(("state", "code"), [("SUCCEEDED", 0), ("FAILED", 1)])
def test_the_last_step_tells_how_a_run_ended(server: KfpServer, configure: Configure, state: str, code: int) -> None:
    witness, run = look(server, configure, state, *tasks_of("trainer", state), *tasks_of("finish", "SUCCEEDED"))
    text = "\nPublished version 1: auc 0.9\n"
    server.logs[pod_name("finish", 0)] = text + tell({"exit_code": code, "published": 1, "text": text})
    witness.look(run)
    assert witness.ending is not None
    assert (witness.ending.exit_code, witness.ending.text, witness.ending.published) == (code, text.strip(), 1)


def test_of_a_run_whose_logs_are_gone_its_state_alone_is_known(server: KfpServer, configure: Configure) -> None:
    witness, run = look(server, configure, "FAILED", *tasks_of("trainer", "FAILED"), *tasks_of("finish", "SUCCEEDED"))
    assert witness.look(run) == [outcome("Trainer", "failed", "failed")]
    assert witness.ending is None
    assert run.exit_code == 1
