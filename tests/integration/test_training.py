"""Trainings that hang together: one that was killed and goes on, and one that begins with what is in service."""

import json
import signal
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from components.registry.versions import in_service
from tests.sandbox import Answer, Sandbox

LONG = ("--set", "training.steps=3000", "--set", "training.checkpoint_every=100")
WARM = ("--set", "training.warm_start=true", "--set", "training.epochs=2")


def text_of(answer: Answer, node: str) -> str:
    return next(each["text"] for each in answer.record["nodes"] if each["node"] == node)


@pytest.mark.slow
def test_a_run_that_was_stopped_amid_training_is_gone_on_with_by_the_next(sandbox: Sandbox) -> None:
    running = sandbox.start("run", *LONG)
    deadline = time.monotonic() + 300
    while not list(sandbox.home.checkpoints.glob("*/state.npz")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    answer = sandbox.run(*LONG)
    assert answer.code == 0, answer.stderr
    assert "gone on with from step " in text_of(answer, "Trainer")
    details = next(node["details"] for node in answer.record["nodes"] if node["node"] == "Trainer")
    assert 100 <= details["begun"] < 3000
    assert (details["devices"], details["batch_size"], details["base"]) == ("1 CPU", 64, None)
    assert list(sandbox.home.checkpoints.iterdir()) == []


@pytest.mark.full
def test_a_training_begins_with_what_is_in_service_and_not_with_what_it_made_itself(sandbox: Sandbox) -> None:
    first = sandbox.run(*WARM)
    assert first.code == 0, first.stderr
    assert text_of(first, "Trainer").endswith(", from version 1 on")
    assert first.record["published"] == 2
    lineage = json.loads((in_service(sandbox.home).extras / "lineage.json").read_text())
    assert lineage["base_digest"] == json.loads((sandbox.home.history).read_text().splitlines()[0])["model_digest"]
    again = sandbox.run(*WARM)
    assert (again.code, again.states["Trainer"], again.record["published"]) == (0, "cached", None)
    refused = sandbox.millrace("run", *WARM, "--set", "model={family: dnn, hidden_units: [9]}")
    assert refused.code == 1
    assert "the version in service has another architecture: dense/kernel" in refused.stdout


@pytest.mark.full
def test_a_published_version_teaches_and_is_part_of_what_the_cache_knows(sandbox: Sandbox) -> None:
    taught = ("--set", "training.teacher={version: 1}", "--set", "training.epochs=2")
    refused = sandbox.millrace("run", *taught)
    assert refused.code == 1
    assert "trips has not published version 1, which is to teach" in refused.stdout
    assert sandbox.run().code == 0
    first, again = sandbox.run(*taught), sandbox.run(*taught)
    assert first.code == 0, first.stderr
    assert text_of(first, "Trainer").endswith(", taught by version 1 of trips")
    assert (first.states["Trainer"], again.states["Trainer"]) == ("done", "cached")


@pytest.mark.slow
def test_every_training_leaves_its_figures_for_tensorboard(published: Sandbox) -> None:
    [run] = published.home.runs.iterdir()
    for split in ("train", "validation"):
        events = EventAccumulator(str(Path(run, "tensorboard", split)), size_guidance={"tensors": 0}).Reload()
        assert {"epoch_loss", "epoch_auc"} <= set(events.Tags()["tensors"])


def test_tensorboard_says_so_where_nothing_was_trained(fresh: Sandbox) -> None:
    answer = fresh.millrace("tensorboard")
    assert answer.code == 2
    assert "No run has trained yet" in answer.stderr
