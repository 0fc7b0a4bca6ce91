"""A training that is killed at any step, and goes on as if it had not been."""

import keras
import numpy as np
import pytest

from configs.schema.models import Dnn
from configs.schema.training import Cosine, EarlyStopping, Loss, Optimizer, Plateau, Training
from tests.trainer.conftest import LABELS
from trainer.models.dnn import build
from trainer.training.checkpoints import Checkpoint, State, read_state, write_state
from trainer.training.fit import fit

COSINE = Optimizer(learning_rate=0.05, schedule=Cosine(kind="cosine"))
FALLING = Optimizer(name="sgd", learning_rate=20.0, schedule=Plateau(kind="plateau", patience=1))
STOPPING = EarlyStopping(patience=2)


class Killed(Exception):
    """What stands for a kill: nothing runs after it."""


class Kill(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= self.model.steps_per_execution
        if self.left <= 0:
            raise Killed


def train(columns, rows, training, checkpoint=None, kill=None, kind="binary"):
    """The weights and the history of a training by dropout, whose epochs have eight steps."""
    keras.utils.set_random_seed(1)
    model = build(Dnn(family="dnn", hidden_units=(4,), dropout=0.3), LABELS[kind], columns)
    history = fit(model, rows, rows, training, kind, checkpoint, [Kill(kill)] if kill else [])
    return model.get_weights(), history


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kill", "every", "begun", "training"),
    [
        (13, 5, 10, Training(epochs=4, optimizer=COSINE)),
        (17, 8, 16, Training(epochs=4, optimizer=COSINE)),
        (20, 3, 18, Training(steps=29)),
        (30, 7, 28, Training(epochs=12, optimizer=FALLING, early_stopping=STOPPING)),
        (31, 31, 0, Training(epochs=5)),
        (30, 27, 27, Training(epochs=4, precision="mixed_float16", loss=Loss(name="hinge"))),
    ],
)
def test_a_training_that_was_killed_ends_as_if_it_had_not_been(kill, every, begun, training, columns, rows, tmp_path):
    weights, history = train(columns, rows, training)
    path = tmp_path / "state.npz"
    with pytest.raises(Killed):
        train(columns, rows, training, Checkpoint(path, every), kill)
    assert path.exists() == (begun > 0)
    checkpoint = Checkpoint(path, every)
    assert checkpoint.begun == begun
    again, told = train(columns, rows, training, checkpoint)
    assert told.keys() == history.keys()
    for name, figures in history.items():
        assert told[name] == pytest.approx(figures, rel=1e-6), name
    for ours, theirs in zip(again, weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_a_second_kill_loses_no_more_than_the_first(columns, rows, tmp_path):
    training, path = Training(epochs=4), tmp_path / "state.npz"
    weights, _ = train(columns, rows, training)
    for begun, kill in ((0, 12), (10, 9), (15, 8)):
        checkpoint = Checkpoint(path, 5)
        assert checkpoint.begun == begun
        with pytest.raises(Killed):
            train(columns, rows, training, checkpoint, kill)
    again, _ = train(columns, rows, training, Checkpoint(path, 5))
    for ours, theirs in zip(again, weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_kept_is_kept_whole(tmp_path):
    path = tmp_path / "training" / "state.npz"
    state = State(7, [np.arange(3.0), np.array(2)], [np.ones(2)], [np.zeros((1, 2))], [{"best": 0.5}, {}])
    write_state(path, state)
    found = read_state(path)
    assert (found.step, found.callbacks) == (7, [{"best": 0.5}, {}])
    for ours, theirs in zip(
        [*found.variables, *found.metrics, *found.best], [*state.variables, *state.metrics, *state.best], strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert [file.name for file in path.parent.iterdir()] == ["state.npz"]
