"""How a run ends: by its own records, held against the metadata."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from configs.errors import DataRejected, MillraceError, NotBlessed, Stopped
from configs.schema.config import Config
from configs.schema.tracking import Tracking
from pipelines.execution.finalize import audit, finish_run, mask_slices, withhold
from pipelines.execution.provenance import describe_provenance
from pipelines.reporting import html_report
from pipelines.runs.directory import begin_run, find_record, write_decision
from pipelines.runs.mlmd import Execution, connection
from pipelines.runs.outcomes import Outcome, failure, write_outcome
from pipelines.runs.run import Run
from tests.fakes import metadata_store

NODES = ("ExampleGen", "StatisticsGen", "SchemaGen")
COMPLETE = dict.fromkeys(NODES, Execution.COMPLETE)
STARTED = "2026-01-01T00:00:00+00:00"


def leave(config: Config, outcomes: list[Outcome], states: dict[str, int]) -> None:
    """Leaves what a run leaves: records of its nodes, and executions in the metadata."""
    for outcome in outcomes:
        write_outcome(Run(config.home, "r1"), outcome)
    metadata_store.record(connection(config), "taxi", "r1", states)


def done(*nodes: str) -> list[Outcome]:
    return [Outcome(node, "done") for node in nodes]


def finish(config: Config, nodes: Sequence[str], interruption: MillraceError | None = None) -> dict[str, Any]:
    return finish_run(config, Run(config.home, "r1"), STARTED, nodes, interruption)


def states(config: Config, interruption: MillraceError | None = None) -> list[str]:
    return [outcome.state for outcome in audit(config, Run(config.home, "r1"), NODES, interruption)]


def test_a_run_whose_nodes_are_all_complete_has_succeeded(config: Config) -> None:
    leave(config, [*done("ExampleGen", "SchemaGen"), Outcome("StatisticsGen", "cached")], COMPLETE)
    record = finish(config, NODES)
    assert (record["exit_code"], record["error"]) == (0, None)
    assert [(node["node"], node["state"]) for node in record["nodes"]] == [
        ("ExampleGen", "done"),
        ("StatisticsGen", "cached"),
        ("SchemaGen", "done"),
    ]
    assert (record["pipeline"], record["run"], record["started"]) == ("taxi", "r1", STARTED)
    assert (record["published"], record["in_service"]) == (None, None)
    assert (record["decision"], record["stopped"]) == (None, False)
    assert record["made_of"] == describe_provenance(config)
    assert find_record(config.home, "r1") == record
    assert json.loads(Run(config.home, "r1").record.read_text()) == record


@pytest.mark.parametrize("state", [Execution.RUNNING, Execution.FAILED, Execution.NEW])
def test_a_node_that_the_metadata_does_not_know_as_complete_has_failed(config: Config, state: int) -> None:
    leave(config, done(*NODES), COMPLETE | {"StatisticsGen": state})
    record = finish(config, NODES)
    assert record["exit_code"] == 1
    assert [node["state"] for node in record["nodes"]] == ["done", "failed", "done"]
    assert record["error"]["where"] == "StatisticsGen"
    assert "the metadata store knows of no success" in record["error"]["what"]


def test_a_node_without_a_trace_has_failed(config: Config) -> None:
    leave(config, done("ExampleGen"), {"ExampleGen": Execution.COMPLETE})
    assert states(config) == ["done", "failed", "not run"]
    assert finish(config, NODES)["error"]["where"] == "StatisticsGen"


def test_a_node_without_a_record_has_failed_though_it_is_complete(config: Config) -> None:
    leave(config, done("ExampleGen", "SchemaGen"), COMPLETE)
    assert states(config) == ["done", "failed", "done"]


def test_a_run_that_never_began_has_failed(config: Config) -> None:
    assert states(config) == ["failed", "not run", "not run"]


def test_an_interruption_is_why_the_next_node_failed(config: Config) -> None:
    leave(config, done("ExampleGen"), {"ExampleGen": Execution.COMPLETE, "StatisticsGen": Execution.RUNNING})
    record = finish_run(
        config, Run(config.home, "r1"), STARTED, NODES, MillraceError("It was stopped.", remedy="Run again.")
    )
    assert [node["state"] for node in record["nodes"]] == ["done", "failed", "not run"]
    assert record["error"] == {
        "exit_code": 1,
        "what": "It was stopped.",
        "where": "StatisticsGen",
        "remedy": "Run again.",
    }


def test_a_run_that_a_signal_ended_is_to_be_gone_on_with_and_tells_why_it_began(config: Config) -> None:
    run = Run(config.home, "r1")
    begin_run(config, run)
    write_decision(run, decision := {"text": "due: config changed", "conditions": []})
    record = finish(config, NODES, Stopped("The run was stopped by SIGTERM."))
    assert (record["exit_code"], record["stopped"]) == (1, True)
    assert record["decision"] == decision


def test_an_interruption_after_the_last_node_does_not_matter(config: Config) -> None:
    leave(config, done(*NODES), COMPLETE)
    assert finish(config, NODES, MillraceError("It died."))["exit_code"] == 0


@pytest.mark.parametrize(("error", "code"), [(DataRejected, 3), (NotBlessed, 4), (MillraceError, 1)])
def test_the_exit_code_is_that_of_the_first_failure(config: Config, error: type[MillraceError], code: int) -> None:
    failed = failure("StatisticsGen", error("No."))
    leave(config, [*done("ExampleGen"), failed], {"ExampleGen": Execution.COMPLETE, "StatisticsGen": Execution.FAILED})
    record = finish(config, NODES, MillraceError("And then it died."))
    assert record["exit_code"] == code
    assert record["error"]["what"] == "No."


def test_only_nodes_that_were_asked_for_are_expected(config: Config) -> None:
    leave(config, done("ExampleGen"), {"ExampleGen": Execution.COMPLETE})
    assert finish(config, ["ExampleGen"])["exit_code"] == 0


def test_a_run_ends_though_the_metadata_is_damaged(config: Config) -> None:
    leave(config, done(*NODES), COMPLETE)
    config.home.metadata.write_bytes(bytes(range(256)) * 64)
    record = finish(config, NODES)
    assert record["exit_code"] == 1
    assert "The metadata store cannot be used" in record["error"]["what"]
    assert Run(config.home, "r1").record.exists()


def test_of_a_private_column_counts_alone_are_told(config: Config) -> None:
    data = config.data.model_copy(update={"private": ("comp*",)})
    config = config.model_copy(update={"data": data})
    column = {
        "missing": 1,
        "missing_by_split": {"train": 1},
        "mean": None,
        "unique": 2,
        "values": ["Ada"],
        "shares": {},
    }
    columns = {"company": column, "fare": {"missing": 0, "mean": 7.5}}
    unknown = [
        {"column": name, "change": "new values", "text": text} for name, text in {"company": "Ada", "fare": "9"}.items()
    ]
    leave(
        config,
        [
            *done("ExampleGen"),
            Outcome(
                "SchemaGen", "done", details={"served": {"company": [1.0], "fare": [0.5, 0.5]}, "unknown": unknown}
            ),
            Outcome("StatisticsGen", "done", details={"columns": columns}),
        ],
        COMPLETE,
    )
    _, statistics, schema = finish(config, NODES)["nodes"]
    assert schema["details"]["served"] == {"fare": [0.5, 0.5]}
    assert schema["details"]["unknown"] == unknown[1:]
    told = statistics["details"]["columns"]
    assert told["company"] == {"missing": 1, "missing_by_split": {"train": 1}, "unique": 2}
    assert told["fare"] == columns["fare"]
    assert "Ada" not in Run(config.home, "r1").record.read_text()


def test_slices_of_a_private_column_are_told_by_numbers(config: Config) -> None:
    evaluation = config.evaluation.model_copy(update={"slices": ((), ("company",))})
    hidden = config.model_copy(
        update={"data": config.data.model_copy(update={"private": ("company",)}), "evaluation": evaluation}
    )
    slices = ("Overall", "company=Ada", "company=Ada and Co")
    metrics = [{"slice": name, "metric": "auc", "candidate": 0.9, "baseline": None} for name in slices]
    told = "auc (company=Ada and Co) is 0.9, below 0.95"
    outcomes = [
        Outcome("Evaluator", "done", text=told, details={"metrics": metrics}),
        Outcome("Pusher", "done", text=told),
    ]
    masked = mask_slices(outcomes, hidden)
    assert [item["slice"] for item in masked[0].details["metrics"]] == [
        "Overall",
        "company=private 2",
        "company=private 1",
    ]
    assert [outcome.text for outcome in masked] == ["auc (company=private 1) is 0.9, below 0.95"] * 2
    assert mask_slices(outcomes, config) == outcomes


def test_of_a_private_label_no_rows_are_told(config: Config) -> None:
    private = config.data.model_copy(update={"private": (config.label.name,)})
    told = Outcome("Evaluator", "done", details={"quality": {"points": [[1.5, 2.5]]}, "overall": {"rmse": 1.0}})
    assert withhold(told, config) == told
    hidden = withhold(told, config.model_copy(update={"data": private}))
    assert hidden.details == {"overall": {"rmse": 1.0}}


def test_a_report_that_cannot_be_made_changes_nothing_of_how_a_run_ended(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such figure")

    leave(config, done(*NODES), COMPLETE)
    monkeypatch.setattr(html_report, "write_report", fail)
    record = finish(config, NODES)
    assert (record["exit_code"], record["report"], record["report_error"]) == (0, None, "no such figure")


def test_a_tracker_that_is_not_there_changes_nothing_of_how_a_run_ended(config: Config) -> None:
    tracked = config.model_copy(update={"tracking": Tracking(mlflow="http://127.0.0.1:9")})
    leave(tracked, done(*NODES), COMPLETE)
    record = finish(tracked, NODES)
    assert record["exit_code"] == 0
    assert "MLflow does not answer" in record["mlflow"]["error"]
    assert json.loads(Run(config.home, "r1").record.read_text()) == record
