"""How workers are started, heard and ended; that they learn is in test_keras_workers.py and tests/integration."""

import json
import logging
import pickle
import socket

import keras
import pytest
from tfx.components.trainer.fn_args_utils import FnArgs

from components import training_workers
from components.training_workers import carry, choose_addresses, describe, digest, hear, run_fn, started
from configs.errors import MillraceError
from configs.progress import PROGRESS
from tests.components import worker_roles
from tests.components.worker_roles import SIGNALS

TWO = ["127.0.0.1:1", "127.0.0.1:2"]


def start(monkeypatch, role, addresses=TWO, **given):
    monkeypatch.setattr(training_workers, "work", role)
    return started(given, addresses)


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
    settings = {
        "features": {"a": {"kind": "numeric"}},
        "label": {"name": "b", "kind": "binary"},
        "model": {"family": "linear"},
        "training": {"workers": 2},
    }
    real = training_workers.started
    monkeypatch.setattr(training_workers, "work", worker_roles.learn)
    monkeypatch.setattr(training_workers, "started", lambda train, to: real({"learnt": learnt}, to))
    asked = FnArgs(custom_config={"settings": json.dumps(settings)})
    if learnt[0] == learnt[1]:
        run_fn(asked)
        return
    with pytest.raises(MillraceError, match="The 2 workers have not learnt the same"):
        run_fn(asked)


def test_addresses_are_free_and_each_worker_s_own():
    addresses = choose_addresses(3)
    assert len(set(addresses)) == 3
    for address in addresses:
        host, port = address.split(":")
        with socket.create_server((host, int(port))):
            assert host == "127.0.0.1"
    assert json.loads(describe(1, addresses)) == {
        "cluster": {"worker": addresses},
        "task": {"type": "worker", "index": 1},
    }


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
