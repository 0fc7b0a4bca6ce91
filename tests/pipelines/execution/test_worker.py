"""The process that runs the nodes: what it does before it loads TensorFlow, and when its parent is gone."""

import io
import json
import logging
import signal
from dataclasses import asdict

import pytest

from configs.errors import DataRejected, MillraceError
from configs.loading.loader import load
from pipelines.execution import worker
from pipelines.graph import beam_runner
from pipelines.runs.outcomes import Outcome, failure, read_outcomes
from pipelines.runs.run import Run
from tests.fakes.job_server import job_server
from tests.pipelines.execution.test_local_runner import end, is_free, node_process, start_training
from tests.sandbox import Sandbox

LOOPBACK = "environment_type: LOOPBACK"


def test_what_can_be_refused_at_once_is_recorded_and_told(fresh: Sandbox) -> None:
    fresh.data.write_text(fresh.data.read_text() + "one field\n")
    config, events = load(fresh.config), io.StringIO()
    run = Run(config.home, "r1")
    worker.launch_nodes(config, run, True, ["ExampleGen", "StatisticsGen"], worker.Reporter(events))
    outcomes = read_outcomes(run)
    assert list(outcomes) == ["ExampleGen"]
    assert outcomes["ExampleGen"].error is not None
    assert outcomes["ExampleGen"].error["exit_code"] == DataRejected.exit_code
    assert [json.loads(line) for line in events.getvalue().splitlines()] == [
        {"outcome": asdict(outcomes["ExampleGen"])}
    ]


@pytest.mark.parametrize("node", ["ExampleGen", "Transform"])
def test_an_engine_is_asked_before_anything_is_loaded(
    fresh: Sandbox, monkeypatch: pytest.MonkeyPatch, unused_port: int, node: str
) -> None:
    monkeypatch.setattr(beam_runner, "PATIENCE", 0.2)
    engine = f'beam={{runner: portable, args: {{job_endpoint: "localhost:{unused_port}", environment_type: LOOPBACK}}}}'
    config, events = load(fresh.config, [engine]), io.StringIO()
    worker.launch_nodes(config, Run(config.home, "r1"), True, [node], worker.Reporter(events))
    [told] = map(json.loads, events.getvalue().splitlines())  # and not that TensorFlow is loaded
    assert told["outcome"]["text"] == f"No Beam engine answers at localhost:{unused_port} within 0 seconds."


@pytest.mark.full
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # Beam's server raises it anew
def test_a_node_whose_engine_broke_is_done_by_the_next_try(fresh: Sandbox) -> None:
    loss, events = "io.grpc.StatusRuntimeException: CANCELLED: client cancelled", io.StringIO()
    with job_server(losses=[loss]) as (server, endpoint):
        config = load(fresh.config, [f"beam={{runner: portable, args: {{job_endpoint: '{endpoint}', {LOOPBACK}}}}}"])
        run = Run(config.home, "r1")
        worker.launch_nodes(config, run, False, ["ExampleGen"], worker.Reporter(events))
    outcome = read_outcomes(run)["ExampleGen"]
    assert (outcome.state, outcome.engine, outcome.text[:10]) == ("done", "portable", "2,000 rows")
    [again] = [event for event in map(json.loads, events.getvalue().splitlines()) if "again" in event]
    assert again["text"].startswith(f"is tried once more: The job at {endpoint} failed: ")
    names = [name for verb, name in server.asked if verb == "Prepare"]
    assert names == ["millrace-trips-examplegen-r1"] * 2


@pytest.mark.parametrize(
    ("ends", "tries"),
    [
        (["done"], 1),
        (["broke", "done"], 2),
        (["broke", "broke"], 2),
        (["failed"], 1),
        (["broke", "failed"], 2),
    ],
)
def test_a_node_is_tried_once_more_where_its_engine_broke(fresh: Sandbox, ends: list[str], tries: int) -> None:
    outcomes = {
        "done": Outcome("Transform", "done"),
        "failed": failure("Transform", MillraceError("a row")),
        "broke": failure("Transform", MillraceError("a worker", details={beam_runner.BROKE: True})),
    }
    left, events, config = [outcomes[each] for each in ends], io.StringIO(), load(fresh.config)
    run = Run(config.home, "r1")
    last = worker.launch(config, run, "Transform", worker.Reporter(events), lambda: left.pop(0))
    assert (last, left) == (outcomes[ends[-1]], [])
    assert [event["text"] for event in map(json.loads, events.getvalue().splitlines())] == [
        "is tried once more: a worker"
    ] * (tries - 1)


def test_progress_is_told_under_the_node_that_is_at_work() -> None:
    events = io.StringIO()
    reporter = worker.Reporter(events)
    for node in ("Transform", "Trainer"):
        reporter.node = node
        reporter.handle(logging.makeLogRecord({"msg": "epoch %d", "args": (3,), "levelno": logging.INFO}))
    assert [json.loads(line) for line in events.getvalue().splitlines()] == [
        {"node": node, "state": "running", "text": "epoch 3"} for node in ("Transform", "Trainer")
    ]


@pytest.mark.slow
def test_the_nodes_die_with_the_run(sandbox: Sandbox) -> None:
    process = start_training(sandbox)
    child = node_process(process)
    process.kill()
    assert child.wait(timeout=10) is None
    assert end(process).code == -signal.SIGKILL
    assert is_free(sandbox)
