import logging
import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.models import Linear
from configs.schema.training import EarlyStopping, Optimizer, Training
from tests.trainer.conftest import LABELS
from trainer.models.linear import build
from trainer.training.fit import find_moments, fit, steps_at_once


@pytest.fixture
def model(columns):
    keras.utils.set_random_seed(1)
    return build(Linear(family="linear"), LABELS["binary"], columns)


@pytest.mark.slow
@pytest.mark.parametrize(("at_once", "step"), [(1, 1), ("auto", 8)])
def test_a_loss_that_is_no_number_stops_training_and_names_the_step(model, rows, at_once, step):
    broken = rows.map(lambda columns, label: ({**columns, "amount": columns["amount"] * math.inf}, label))
    with pytest.raises(MillraceError) as error:
        fit(model, broken, rows, Training(epochs=3, steps_per_execution=at_once), "binary")
    assert error.value.what == f"The loss became nan at step {step}; it was never finite."
    assert "training.optimizer.learning_rate" in error.value.remedy


@pytest.mark.slow
def test_an_eval_loss_that_is_no_number_stops_training_after_the_epoch(model, rows):
    broken = rows.map(lambda columns, label: ({**columns, "amount": columns["amount"] * math.inf}, label))
    with pytest.raises(MillraceError, match=r"The eval loss became nan at step 8; the last finite loss was 0\.\d+\."):
        fit(model, rows, broken, Training(epochs=3), "binary")


@pytest.mark.slow
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


@pytest.mark.slow
def test_progress_is_told_every_ten_steps(model, rows, caplog):
    with caplog.at_level(logging.INFO, "millrace.progress"):
        fit(model, rows, rows, Training(epochs=3, steps_per_execution=1), "binary")
    steps, losses = zip(*(message.split(", loss ") for message in caplog.messages), strict=True)
    assert steps == ("epoch 2 of 3, step 10 of 24", "epoch 3 of 3, step 20 of 24")
    assert all(re.match(r"\d\.\d{4}, eval loss \d\.\d{4}", loss) for loss in losses)


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "epochs"), [(3, 1), (8, 1), (9, 2), (20, 3)])
def test_steps_end_a_training_whatever_epochs_says(model, rows, steps, epochs):
    history = fit(model, rows, rows, Training(epochs=2, steps=steps), "binary")
    assert int(model.optimizer.iterations) == steps
    assert len(history["val_loss"]) == epochs


@pytest.mark.parametrize(
    ("options", "epoch_steps", "checkpoint_every", "found"),
    [
        ({}, 300, 0, 10),
        ({"steps": 1000}, 300, 1000, 10),
        ({"steps": 28}, 300, 0, 4),
        ({}, 16, 10, 2),
        ({}, 13, 0, 1),
        ({"steps_per_execution": 7}, 13, 0, 7),
    ],
)
def test_as_many_steps_run_at_once_as_divide_what_happens_at_one(options, epoch_steps, checkpoint_every, found):
    assert steps_at_once(Training(**options), epoch_steps, checkpoint_every) == found


@pytest.mark.slow
def test_progress_counts_to_the_steps_where_they_are_given(model, rows, caplog):
    with caplog.at_level(logging.INFO, "millrace.progress"):
        fit(model, rows, rows, Training(steps=10), "binary")
    assert [message.split(", loss ")[0] for message in caplog.messages] == ["step 10 of 10"]


@pytest.mark.slow
def test_a_seed_makes_two_trainings_equal(columns, rows):
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = build(Linear(family="linear"), LABELS["binary"], columns)
        fit(model, rows, rows, Training(epochs=2), "binary")
        weights.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    assert (weights[0] == weights[1]).all()


def answers_after(columns, features, kind, rows):
    keras.utils.set_random_seed(3)
    model = build(Linear(family="linear"), LABELS[kind], columns)
    history = fit(model, rows, rows, Training(epochs=2, optimizer=Optimizer(learning_rate=0.05)), kind)
    return model(features).numpy(), history["loss"]


@pytest.mark.slow
def test_a_number_is_learnt_alike_in_every_unit(columns, features, rows_of):
    rows = rows_of["regression"]
    answers, loss = answers_after(columns, features, "regression", rows)
    scaled, same = answers_after(columns, features, "regression", rows.map(lambda x, label: (x, label * 1000 - 5)))
    np.testing.assert_allclose(scaled, answers * 1000 - 5, rtol=1e-3)
    assert same == pytest.approx(loss, rel=1e-3)
    assert 1 > loss[0] > loss[1] > 0


@pytest.mark.slow
def test_rows_count_by_their_weights_and_only_relative_to_one_another(columns, features, label_of, rows):
    """Two halves that contradict one another: the heavier is believed."""
    first = np.arange(1024) % 2 == 0
    labels = np.where(first[:, None], label_of["binary"], 1 - label_of["binary"])
    weights = np.where(first, 3.0, 1.0).astype("float32")[:, None]
    results = []
    for factor in (1, 1000):
        weighted = tf.data.Dataset.from_tensor_slices((features, labels, weights * factor)).batch(128)
        results.append(answers_after(columns, features, "binary", weighted))
    (answers, loss), (same, same_loss) = results
    assert ((answers > 0.5) == label_of["binary"]).mean() > 0.9
    np.testing.assert_allclose(same, answers, rtol=1e-3)
    assert same_loss == pytest.approx(loss, rel=1e-3)


@pytest.mark.slow
def test_a_label_that_is_always_the_same_number_is_learnt(columns, features, rows_of):
    constant = rows_of["regression"].map(lambda x, label: (x, label * 0 + 7))
    answers, _ = answers_after(columns, features, "regression", constant)
    np.testing.assert_allclose(answers, 7, atol=0.5)


@pytest.mark.slow
def test_a_step_is_traced_once(model, rows):
    traced = []

    class Watch(keras.layers.Layer):
        def call(self, tensor, training=None):
            traced.append(training)
            return tensor

    watched = keras.Model(model.input, Watch()(model.output))
    traced.clear()
    fit(watched, rows, rows, Training(epochs=2, optimizer=Optimizer(name="adam")), "binary")
    assert traced == [True, False]  # a step, and a look at the eval split


def test_what_labels_and_weights_are_is_found_in_one_pass():
    random = np.random.default_rng(3)
    label, weight = 1e6 + random.normal(size=(1000, 2)), random.random((1000, 1))
    passes = []

    def make():
        passes.append(1)
        yield from (
            ({"x": label[at : at + 64]}, label[at : at + 64], weight[at : at + 64]) for at in range(0, 1000, 64)
        )

    kinds = tuple(tf.TensorSpec([None, width], tf.float64) for width in (2, 1))
    rows = tf.data.Dataset.from_generator(make, output_signature=({"x": kinds[0]}, *kinds))
    found = find_moments(rows)
    assert found == [
        (pytest.approx(label.mean(), rel=1e-12), pytest.approx(label.std(), rel=1e-9)),
        (pytest.approx(weight.mean()), pytest.approx(weight.std())),
    ]
    assert len(passes) == 1
