import logging
import math

import keras
import numpy as np
import pytest

from configs.errors import MillraceError
from configs.schema import EarlyStopping, Label, Linear, Optimizer, Training
from trainer.fit import OPTIMIZERS, fit, optimizer
from trainer.models.linear import build


@pytest.fixture
def model(columns):
    keras.utils.set_random_seed(1)
    return build(Linear(family="linear"), Label(name="label", kind="binary"), columns)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_config_chooses_the_optimizer_and_its_rate(name):
    chosen = optimizer(Optimizer(name=name, learning_rate=0.25))
    assert type(chosen).__name__.lower() == name
    assert float(chosen.learning_rate) == 0.25


def test_a_loss_that_is_no_number_stops_training_and_names_the_step(model, rows):
    broken = rows.map(lambda columns, label: ({**columns, "amount": columns["amount"] * math.inf}, label))
    with pytest.raises(MillraceError) as error:
        fit(model, broken, rows, Training(epochs=3), "binary")
    assert error.value.what == "The loss became nan at step 1; it was never finite."
    assert "training.optimizer.learning_rate" in error.value.remedy


def test_an_eval_loss_that_is_no_number_stops_training_after_the_epoch(model, rows):
    broken = rows.map(lambda columns, label: ({**columns, "amount": columns["amount"] * math.inf}, label))
    with pytest.raises(MillraceError, match=r"The eval loss became nan at step 8; the last finite loss was 0\.\d+\."):
        fit(model, rows, broken, Training(epochs=3), "binary")


def test_early_stopping_ends_a_training_that_no_longer_improves_and_keeps_the_best(model, rows):
    training = Training(
        epochs=50, optimizer=Optimizer(name="sgd", learning_rate=50.0), early_stopping=EarlyStopping(patience=1)
    )
    history = fit(model, rows, rows, training, "binary")
    best = int(np.argmin(history["val_loss"]))
    assert len(history["loss"]) == best + 2 < 50
    assert model.evaluate(rows, verbose=0, return_dict=True)["loss"] == pytest.approx(
        history["val_loss"][best], rel=1e-5
    )


def test_progress_is_told_every_ten_steps(model, rows, caplog):
    with caplog.at_level(logging.INFO, "millrace.progress"):
        fit(model, rows, rows, Training(epochs=3), "binary")
    assert [message.rsplit(",", 1)[0] for message in caplog.messages] == [
        "epoch 2 of 3, step 10",
        "epoch 3 of 3, step 20",
    ]


def test_a_seed_makes_two_trainings_equal(columns, rows):
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = build(Linear(family="linear"), Label(name="label", kind="binary"), columns)
        fit(model, rows, rows, Training(epochs=2), "binary")
        weights.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    assert (weights[0] == weights[1]).all()
