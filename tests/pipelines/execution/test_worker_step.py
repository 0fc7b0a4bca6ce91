"""The step of a worker beside the Trainer's; that both train is in tests/integration/test_worker_pods.py."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from components import training_workers, worker_calls
from components.training_workers import called, hear
from configs.errors import MillraceError, PipelineBusy
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.execution import worker_step
from pipelines.execution.worker_step import attend
from pipelines.runs.outcomes import Outcome, failure, write_outcome
from pipelines.runs.run import Run
from tests.components import worker_roles
from tests.sandbox import Sandbox

FAILED = failure("Trainer", MillraceError("The loss became nan.", "Trainer", "Lower the rate."), 2.0)
AGAIN = failure("Trainer", MillraceError("The loss became nan.", "Trainer", "Lower the rate."), 3.0)
DONE = Outcome("Trainer", "done", text="5 epochs")


@pytest.fixture
def config(fresh: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The small pipeline's, whose worker looks often."""
    monkeypatch.setattr(worker_step, "BEAT", 0.01)
    return load(str(fresh.config))


@pytest.fixture
def run(config: Config) -> Run:
    made = Run(config.home, "r1")
    made.folder.mkdir(parents=True)
    return made


def attend_while(config: Config, run: Run, act: Callable[[], object]) -> list[str]:
    """Has the worker attend, and something done as soon as it waits; returns what it has said."""
    said = list[str]()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            threading.Thread(target=act, daemon=True).start()

    attend(config, run, 2, say)
    return said


def test_it_trains_each_time_it_is_called_and_ends_with_the_trainer(
    config: Config, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt = list[str]()

    def call() -> None:
        for digest in ("a", "b"):  # the first pod of the Trainer's is gone before it says how it ended
            with called({"learnt": [digest, digest]}, 2, run.call) as team:  # type: ignore[arg-type]
                learnt.append(hear(team)["Worker 2 of 2"])
        write_outcome(run, DONE)

    monkeypatch.setattr(training_workers, "work", worker_roles.learn)
    said = attend_while(config, run, call)
    assert learnt == ["a", "b"]
    assert said[0] == "Trainer-worker-2 waits for the Trainer to call"
    assert said[1:] == ["Trainer-worker-2 is called, and trains"] * 2 + ["The Trainer has ended: 5 epochs"]


def test_it_fails_as_the_trainer_does_so_that_both_are_tried_again(config: Config, run: Run) -> None:
    with pytest.raises(MillraceError, match=r"Trainer: The loss became nan\. Lower the rate\."):
        attend_while(config, run, lambda: write_outcome(run, FAILED))


def test_how_an_earlier_try_ended_is_not_how_this_one_does(config: Config, run: Run) -> None:
    write_outcome(run, FAILED)
    assert attend_while(config, run, lambda: write_outcome(run, DONE))[-1] == "The Trainer has ended: 5 epochs"
    write_outcome(run, FAILED)
    with pytest.raises(MillraceError, match="became nan"):
        attend_while(config, run, lambda: write_outcome(run, AGAIN))


def test_a_verdict_which_each_further_try_repeats_is_how_it_ends_at_once(config: Config, run: Run) -> None:
    write_outcome(run, failure("Trainer", PipelineBusy("Run r2 holds the pipeline.", "trips", "Wait.")))
    with pytest.raises(PipelineBusy, match="r2 holds the pipeline"):
        attend(config, run, 2, lambda line: None)


def test_it_does_not_wait_for_ever(config: Config, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_calls, "PATIENCE", 0.1)
    with pytest.raises(MillraceError, match="Trainer-worker-2: The Trainer has not called for 0 s"):
        attend(config, run, 2, lambda line: None)


def test_the_call_lies_in_the_run_s_own_folder(config: Config, run: Run) -> None:
    assert run.call == Path(config.home.root, "runs", "r1", ".workers.json")
