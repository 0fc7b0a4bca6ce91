"""A try of a node has its time, which the screen counts down at its end, and no more."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.errors import MillraceError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.execution import node_clock
from pipelines.execution.node_clock import NodeClock, find_limit
from pipelines.runs.outcomes import read_outcomes
from pipelines.runs.run import Run
from tests.sandbox import Sandbox

LATE = {"node": "Trainer", "state": "running", "text": "step 3"}
PORTABLE = '{runner: portable, args: {job_endpoint: "localhost:1", environment_type: LOOPBACK}}'


@pytest.fixture
def limited(tmp_path: Path) -> Callable[..., Config]:
    place = Sandbox(tmp_path).furnish()
    return lambda *overrides: load(place.config, overrides)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_clock, "TICK", 0.01)


def test_a_node_has_the_time_that_it_is_given_or_that_all_have(limited):
    config = limited("resources={default: {timeout: 60}, Trainer: {timeout: 7}, Pusher: {cpu: '1'}}")
    assert find_limit(config, "Trainer") == ("resources.Trainer.timeout", 7)
    assert find_limit(config, "Pusher") == find_limit(config, "Transform") == ("resources.default.timeout", 60)
    assert find_limit(limited("resources.Pusher.timeout=5"), "Trainer")[1] is None
    assert find_limit(limited("resources={default: {timeout: 60}, Trainer: {timeout: null}}"), "Trainer")[1] is None


def test_a_node_that_takes_too_long_is_ended_and_its_last_word_is_told(limited):
    seen, ended, config = [], [], limited("resources.Trainer.timeout=1")
    with NodeClock(config, seen.append, lambda: ended.append(time.monotonic())) as clock:
        clock.take(LATE)
        began = time.monotonic()
        wait_for(lambda: ended)
    assert 0.9 < ended[0] - began < 2
    assert clock.exceeded is not None
    assert (clock.exceeded.what, clock.exceeded.where) == (
        "Trainer took longer than its 1 s (resources.Trainer.timeout), and was ended; it last told: step 3.",
        "Trainer",
    )
    assert clock.exceeded.remedy.startswith("Raise resources.Trainer.timeout")
    assert seen[0] == LATE
    assert seen[1] == {
        "node": "Trainer",
        "state": "running",
        "text": "step 3, is ended in 0 s by resources.Trainer.timeout",
        "landmark": True,
        "warning": True,
    }
    assert not any("warning" in event for event in seen[2:])


def test_a_node_of_an_engine_points_at_its_workers(limited):
    config = limited("resources.default.timeout=9", f"beam={PORTABLE}")
    assert node_clock.explain(config, "Transform", "").what == (
        "Transform took longer than its 9 s (resources.default.timeout), and was ended, and told nothing of how far "
        "it was."
    )
    assert node_clock.explain(config, "Transform", "").remedy.startswith("See whether the workers of its engine live")
    assert node_clock.explain(config, "Trainer", "").remedy.startswith("Raise resources.default.timeout")


def test_each_node_and_each_try_has_its_own_time(limited, monkeypatch):
    now, ended = [0.0], []
    config = limited("resources.default.timeout=10")
    clock = NodeClock(config, lambda _: None, lambda: ended.append(1))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for event, at, taken in (
        ({**LATE, "node": "Transform"}, 5.0, 0.0),
        (LATE, 9.0, 0.0),
        (LATE, 15.0, 6.0),
        ({**LATE, "again": True}, 18.0, 0.0),
    ):
        now[0] = at
        clock.take(event)
        assert clock.seconds() == taken


def test_who_is_ended_is_recorded_with_its_time_and_who_had_ended_is_not(limited, tmp_path):
    config = limited()
    run, error = Run(config.home, "r1"), MillraceError("The run was stopped by SIGINT.")
    clock = NodeClock(config, lambda _: None, lambda: None)
    clock.record(run, error)
    clock.take(LATE)
    clock.began -= 30
    clock.record(run, error)
    [outcome] = read_outcomes(run).values()
    assert (outcome.node, outcome.text, outcome.cpu) == ("Trainer", error.what, None)
    assert 30 <= outcome.seconds < 40
    clock.take({"outcome": {"node": "Trainer"}})
    run.outcome("Trainer").unlink()
    clock.record(run, error)
    assert read_outcomes(run) == {}
