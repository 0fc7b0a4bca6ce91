"""Two processes that share a training: what they make, and what becomes of it when one of them is killed."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.sandbox import Answer, Sandbox

TWO = ("--set", "training.workers=2")
REFIT = ("--set", "training.epochs=10", "--set", "training.refit=true", "--set", "training.class_weights=balanced")
LONG = (*TWO, "--set", "training.steps=1500", "--set", "training.checkpoint_every=100")

pytestmark = pytest.mark.full


def trained(answer: Answer) -> dict:
    assert answer.code == 0, answer.stdout + answer.stderr
    return next(node for node in answer.record["nodes"] if node["node"] == "Trainer")


def judged(answer: Answer) -> float:
    metrics = next(node["details"]["metrics"] for node in answer.record["nodes"] if node["node"] == "Evaluator")
    return next(each["candidate"] for each in metrics if each["metric"] == "auc")


def list_workers(run: int) -> list[int]:
    """The processes that train for the command of this number: grandchildren, by what started them."""
    trains = [
        int(entry.parent.name)
        for entry in Path("/proc").glob("[0-9]*/cmdline")
        if entry.exists() and b"spawn_main" in entry.read_bytes()
    ]
    return sorted(process for process in trains if find_parent(find_parent(process)) == run)


def find_parent(process: int) -> int:
    return int(Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()[1])


def test_two_publish_a_model_as_good_as_one_s(sandbox: Sandbox) -> None:
    alone = sandbox.run(*REFIT)
    both = sandbox.run(*TWO, *REFIT)
    found = trained(both)
    assert (found["state"], found["details"]["devices"]) == ("done", "1 CPU of each of 2 workers")
    assert found["details"]["batch_size"] == trained(alone)["details"]["batch_size"] == 64
    assert found["details"]["steps"] == pytest.approx(trained(alone)["details"]["steps"], abs=1)
    assert judged(both) == pytest.approx(judged(alone), abs=0.02)


def test_one_that_is_killed_ends_the_run_and_the_next_goes_on_with_both(sandbox: Sandbox) -> None:
    running = sandbox.start("run", *LONG)
    deadline = time.monotonic() + 300
    while not list(sandbox.home.checkpoints.glob("*/state.npz")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    workers = list_workers(running.pid)
    assert len(workers) == 2
    os.kill(workers[1], signal.SIGKILL)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Trainer: Worker 2 of 2 was killed (signal 9)" in said
    assert not any(Path("/proc", str(worker)).exists() for worker in workers)
    found = trained(sandbox.run(*LONG))
    assert "gone on with from step " in found["text"]
    assert 100 <= found["details"]["begun"] < 1500
    assert list(sandbox.home.checkpoints.iterdir()) == []
