"""How workers are started, heard and ended; that they learn is in test_keras_workers.py and tests/integration."""

import json
import logging
import multiprocessing
import pickle
import threading
import time
from contextlib import contextmanager

import keras
import pytest
from tfx.components.trainer.fn_args_utils import FnArgs

from components import training_workers
from components.training_workers import (
    Worker,
    aid,
    called,
    carry,
    count_neighbours,
    describe,
    digest,
    hear,
    run_fn,
    started,
)
from components.worker_calls import MEETING, answer
from configs.errors import MillraceError
from configs.progress import PROGRESS
from tests.components import worker_roles
from tests.components.worker_roles import SIGNALS

TWO = ["127.0.0.1:1", "127.0.0.1:2"]
SETTINGS = {
    "features": {"a": {"kind": "numeric"}},
    "label": {"name": "b", "kind": "binary"},
    "model": {"family": "linear"},
    "training": {"workers": 2},
}


def start(monkeypatch, role, addresses=TWO, **given):
    monkeypatch.setattr(training_workers, "work", role)
    return started(given, addresses, range(len(addresses)))


def test_what_each_has_learnt_is_heard_and_what_the_first_tells_is_shown(monkeypatch, caplog):
    with (
        caplog.at_level(logging.INFO, PROGRESS.name),
        start(monkeypatch, worker_roles.learn, learnt=["a", "b"]) as team,
    ):
        assert hear(team) == {"Worker 1 of 2": "a", "Worker 2 of 2": "b"}
    assert caplog.messages == ["step 1 of 1"]
    assert not any(worker.process.is_alive() for worker in team)


@pytest.mark.parametrize(("number", "said"), SIGNALS.items())
def test_one_that_dies_is_named_and_ends_the_others(monkeypatch, number, said):
    with (
        pytest.raises(MillraceError) as told,
        start(monkeypatch, worker_roles.die, signal=int(number)) as team,
    ):
        hear(team)
    assert f"Worker 2 of 2 {said}" in told.value.what and "and with it the training of all." in told.value.what
    assert not team[0].process.is_alive()


def test_what_one_of_them_fails_of_is_what_the_node_fails_of(monkeypatch):
    said = r"Trainer: The loss became nan at step 7\. Lower the rate\."
    with pytest.raises(MillraceError, match=said), start(monkeypatch, worker_roles.fail) as team:
        hear(team)
    assert not any(worker.process.is_alive() for worker in team)


@pytest.mark.parametrize("learnt", [["a", "a"], ["a", "b"]])
def test_workers_that_have_not_learnt_the_same_are_found_out(monkeypatch, tmp_path, learnt):
    real = training_workers.started
    monkeypatch.setattr(training_workers, "work", worker_roles.learn)
    monkeypatch.setattr(training_workers, "started", lambda train, *which: real({"learnt": learnt}, *which))
    asked = FnArgs(custom_config={"settings": json.dumps(SETTINGS)})
    if learnt[0] == learnt[1]:
        run_fn(asked)
        return
    with pytest.raises(MillraceError, match="The 2 workers have not learnt the same"):
        run_fn(asked)


def test_a_worker_is_told_where_all_are_and_which_it_is():
    assert json.loads(describe(1, TWO)) == {"cluster": {"worker": TWO}, "task": {"type": "worker", "index": 1}}


@pytest.mark.parametrize(
    ("addresses", "together"),
    [(TWO, 2), (["10.4.0.7:1", "10.4.0.8:1"], 1), (["10.4.0.8:1", "10.4.0.7:1", "10.4.0.7:2"], 2)],
)
def test_workers_share_the_cores_with_those_of_their_own_machine(addresses, together):
    assert count_neighbours(1, addresses) == together


@contextmanager
def along(monkeypatch, file, role):
    """Has a worker train along that waits in a pod of its own, of which a thread takes the place."""
    monkeypatch.setattr(training_workers, "work", role)

    def attend():
        while (line := answer(file, 2)) is None:
            time.sleep(0.01)
        with line:
            aid(line, 1)

    thread = threading.Thread(target=attend, daemon=True)
    thread.start()
    yield thread
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert not multiprocessing.active_children()


def test_one_of_another_pod_is_called_and_heard_as_one_of_this_machine_is(monkeypatch, tmp_path):
    file = tmp_path / "workers.json"
    with along(monkeypatch, file, worker_roles.tell_where), called({}, 2, file) as team:
        heard = {name: json.loads(told) for name, told in hear(team).items()}
    assert heard["Worker 1 of 2"]["cluster"] == heard["Worker 2 of 2"]["cluster"]
    assert {name: told["task"]["index"] for name, told in heard.items()} == {"Worker 1 of 2": 0, "Worker 2 of 2": 1}


@pytest.mark.parametrize(("number", "said"), SIGNALS.items())
def test_one_of_another_pod_that_dies_is_named_with_the_way_it_went(monkeypatch, tmp_path, number, said):
    file = tmp_path / "workers.json"
    with (
        along(monkeypatch, file, worker_roles.die),
        pytest.raises(MillraceError) as told,
        called({"signal": int(number)}, 2, file) as team,
    ):
        hear(team)
    assert told.value.what.startswith(f"Worker 2 of 2 {said}")


def test_what_one_of_another_pod_fails_of_is_what_the_node_fails_of(monkeypatch, tmp_path):
    file, said = tmp_path / "workers.json", r"Trainer: The loss became nan at step 7\. Lower the rate\."
    with (
        along(monkeypatch, file, worker_roles.fail),
        pytest.raises(MillraceError, match=said),
        called({}, 2, file) as team,
    ):
        hear(team)


def test_a_pod_that_is_gone_is_named_with_the_command_that_shows_why(tmp_path):
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    with pytest.raises(MillraceError) as told:
        hear([Worker(1, 3, ours)])
    assert told.value.what == "Worker 2 of 3 is gone, and with it the training of all."
    assert "kubectl describe pods --selector app.kubernetes.io/component=trainer-worker-2" in told.value.remedy


def test_workers_of_other_pods_are_called_where_a_step_says_how(monkeypatch, tmp_path):
    file, real = tmp_path / "workers.json", training_workers.called
    monkeypatch.setattr(training_workers, "called", lambda train, *which: real({}, *which))
    monkeypatch.setenv(MEETING, str(file))
    with along(monkeypatch, file, worker_roles.fail), pytest.raises(MillraceError, match="nan at step 7"):
        run_fn(FnArgs(custom_config={"settings": json.dumps(SETTINGS)}))


def test_an_error_reaches_another_process():
    full, ours = OSError(28, "No space left on device"), MillraceError("a", "b", "c")
    assert [carry(error, "Worker 1 of 2") for error in (full, ours)] == [full, ours]
    strange = pickle.loads(pickle.dumps(carry(KeyError("x\ny"), "Worker 1 of 2")))
    assert strange.what == "Worker 1 of 2 failed: KeyError: 'x\\ny'"
    assert carry(ValueError(), "Worker 2 of 2").what == "Worker 2 of 2 failed: ValueError: nothing more is known"


def test_a_digest_is_of_each_bit_of_the_weights():
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    before, [kernel, bias] = digest(model), model.get_weights()
    assert digest(model) == before
    bias[0] = 1e-30
    model.set_weights([kernel, bias])
    assert digest(model) != before
