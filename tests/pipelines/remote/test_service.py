"""A run as a service tells of it."""

import pytest

from pipelines.remote.service import Run, Step

STEPS = (
    Step("decide", "SUCCEEDED"),
    Step("example-gen-to-transform", "SUCCEEDED", nodes=("ExampleGen", "StatisticsGen", "Transform")),
    Step("trainer", "RUNNING", nodes=("Trainer",)),
    Step("evaluator", "", nodes=("Evaluator",)),
)


@pytest.mark.parametrize(
    ("state", "ended", "code"),
    [
        ("PENDING", False, None),
        ("RUNNING", False, None),
        ("SUCCEEDED", True, 0),
        ("FAILED", True, 1),
        ("CANCELED", True, 1),
        ("SKIPPED", True, 1),
    ],
)
def test_a_run_that_has_ended_has_an_exit_code(state: str, ended: bool, code: int | None) -> None:
    run = Run("r1", "trips", "https://here", state)
    assert (run.ended, run.exit_code, run.as_data()["exit_code"]) == (ended, code, code)


def test_a_run_says_how_far_it_is() -> None:
    assert str(Run("r1", "trips", "", "RUNNING", steps=STEPS)) == "running, 3 nodes done, at work: Trainer"
    assert str(Run("r1", "trips", "", "PENDING")) == "pending, 0 nodes done"


def test_its_data_is_plain() -> None:
    run = Run("r1", "trips", "https://here", "FAILED", "2026-01-01T00:00:00+00:00", STEPS[:1], "out of memory")
    assert run.as_data() == {
        "run": "r1",
        "name": "trips",
        "url": "https://here",
        "state": "FAILED",
        "created": "2026-01-01T00:00:00+00:00",
        "steps": ({"name": "decide", "state": "SUCCEEDED", "error": "", "tries": (), "nodes": ()},),
        "error": "out of memory",
        "exit_code": 1,
    }
