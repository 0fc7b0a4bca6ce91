"""What is spent, how rows are clipped and blurred, and how little a model then knows of one unlike all others."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.models import Dnn, Linear, Rnn
from configs.schema.privacy import Budget
from configs.schema.training import Optimizer, Training
from tests.trainer.conftest import LABELS
from tests.trainer.test_run_fn import Held
from tests.trainer.training.test_checkpoints import Kill, Killed
from trainer.features.transforms import Column
from trainer.models import dnn, linear, rnn
from trainer.training.checkpoints import Checkpoint
from trainer.training.differential_privacy import Ledger, Mechanism, Private, account
from trainer.training.fit import fit

BUDGET = Budget(epsilon=1.0, delta="auto", clip=1.0)


def mechanism(**values):
    usual = {"rows": 100, "batch_size": 50, "steps": 8, "clip": 1.0, "noise": 1.0, "delta": 0.01}
    return Mechanism(**usual | values)


def people(count):
    """One row for each of so many, whose label is 1 of a half."""
    ids = np.arange(count)[:, None]
    return Held({"person": ids}, ids % 2)


def train(rows, ledger, training, checkpoint=None, kill=None, size=50):
    """A linear model with a weight for each of 400 people."""
    model = linear.build(Linear(family="linear"), LABELS["binary"], [Column("person", size=400)])
    watching = [ledger, Kill(kill)] if kill else [ledger]
    fit(model, ledger.feed(rows, size), rows.batches(400), training, "binary", checkpoint, watching, ledger.wrap)
    return model


def test_what_is_spent_is_what_dp_accounting_s_own_example_says():
    """test_self_composed_subsampled_gaussian of its pld_privacy_accountant_test.py: epsilon 1 at delta 0.15594."""
    assert account(noise=0.5, chance=0.2, steps=3, delta=0.15594) == pytest.approx(1.0, abs=2e-3)


def test_it_is_less_than_by_renyi_and_grows_with_the_steps():
    """The tutorial of TensorFlow Privacy, 15 epochs of 60,000 digits: 0.942 by Renyi's divergence (dp-accounting's)."""
    spent = [account(1.3, 250 / 60000, steps, 1e-5) for steps in (1800, 3600)]
    assert spent[0] < spent[1] < 0.942
    assert spent[1] == pytest.approx(0.853, rel=0.01)


def test_the_noise_is_the_least_that_keeps_to_the_budget_of_all_trainings():
    """Of four trainings of 25 steps, three of them trials of a search; delta is one in the rows."""
    budget = Budget(epsilon=0.5, delta="auto", clip=1.0, trainings=4)
    found = Mechanism.plan(budget, rows=1000, batch_size=100, steps=25)
    assert (found.delta, found.chance) == (1 / 1000, 0.1)
    assert found.spend(25) == account(found.noise, 0.1, 100, 1e-3)
    assert found.spend(25) <= 0.5 < account(0.99 * found.noise, 0.1, 100, 1e-3)
    assert found.spend(10) == account(found.noise, 0.1, 85, 1e-3)


def test_no_row_is_more_likely_than_sure():
    assert mechanism(batch_size=1000).chance == 1.0


def private(model, **values):
    found = Private(model, mechanism(**values))
    found.compile("sgd", "binary_crossentropy", jit_compile=False)
    return found


@pytest.mark.slow
def test_the_sum_is_that_of_each_row_s_own_gradient_made_no_longer_than_the_clip(columns, features, label_of):
    """Of six rows, four at a time, with weights."""
    model = dnn.build(Dnn(family="dnn", hidden_units=(3,), embedding=2), LABELS["binary"], columns[:2])
    features.pop("review")
    learns = private(model, clip=0.5)
    learns.at_once = 4
    weights = np.array([[1.0], [9.0], [1.0], [0.0], [0.1], [2.0]], "float32")
    rows = tf.nest.map_structure(lambda part: tf.constant(part[:6]), (features, label_of["binary"], weights))
    sums = [np.zeros(variable.shape) for variable in model.trainable_variables]
    lengths = []
    for place in range(6):
        seen, label, weight = tf.nest.map_structure(lambda part: part[place : place + 1], rows)  # noqa: B023
        with tf.GradientTape() as tape:
            loss = weight[0, 0] * keras.losses.binary_crossentropy(tf.cast(label, tf.float32), model(seen))[0]
        found = [np.array(tf.convert_to_tensor(each)) for each in tape.gradient(loss, learns._list_values())]
        lengths.append(np.sqrt(sum((each**2).sum() for each in found)))
        sums = [known + each * min(1, 0.5 / max(lengths[-1], 1e-9)) for known, each in zip(sums, found, strict=True)]
    assert min(lengths) < 0.5 < max(lengths)
    for ours, expected in zip(tf.function(learns.add_up)(rows), sums, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_noise_is_of_the_planned_spread_anew_in_each_step_and_known_to_no_seed():
    def draw(step):
        keras.utils.set_random_seed(0)
        model = linear.build(Linear(family="linear"), LABELS["binary"], [Column("person", size=4000)])
        learns = private(model, clip=2.0, noise=3.0)
        drawn = []
        for number in range(step, step + 2):
            learns.optimizer.iterations.assign(number)
            drawn.append(learns.blur([tf.zeros([4000, 1]), tf.ones([1])])[0].numpy())
        return drawn

    first, second = draw(0)
    assert first.std() == pytest.approx(2.0 * 3.0 / 50, rel=0.05)
    assert abs(first.mean()) < 4 * 0.12 / np.sqrt(4000)
    others = [second, *draw(0)]
    assert all(abs(np.corrcoef(first[:, 0], other[:, 0])[0, 1]) < 0.1 for other in others)


@pytest.mark.slow
def test_a_training_fails_before_it_spends_more_than_was_planned():
    ledger = Ledger(mechanism(steps=4))
    with pytest.raises(MillraceError, match="Step 5 would spend more than privacy.epsilon, which is planned for 4"):
        train(people(100), ledger, Training(epochs=3, batch_size=50))
    assert ledger.tell()["privacy"].items() >= {"steps": 4, "epsilon": account(1.0, 0.5, 4, 0.01)}.items()


@pytest.mark.full
def test_steps_before_a_kill_are_counted(tmp_path):
    """Eight steps are planned for, of which four were kept; the config asks for twelve."""
    path, training = tmp_path / "state.npz", Training(epochs=6, batch_size=50)
    with pytest.raises(Killed):
        train(people(100), Ledger(mechanism()), training, Checkpoint(path, 4), kill=5)
    ledger, checkpoint = Ledger(mechanism()), Checkpoint(path, 4)
    with pytest.raises(MillraceError, match="Step 9 would spend more"):
        train(people(100), ledger, training, checkpoint)
    assert (checkpoint.begun, ledger.steps) == (4, 8)


def test_recurrent_layers_are_refused_by_name():
    model = rnn.build(Rnn(family="rnn", units=(2,)), LABELS["binary"], [Column("review", size=6, length=5)])
    with pytest.raises(MillraceError, match="The layer lstm.* is recurrent"):
        Ledger(mechanism()).wrap(model)


@pytest.mark.full
def test_a_layer_that_learns_of_rows_beside_the_gradients_is_refused_by_name():
    options = Dnn(family="dnn", hidden_units=(2,), batch_norm=True)
    model, rows = dnn.build(options, LABELS["binary"], [Column("person", size=400)]), people(100)
    ledger = Ledger(mechanism())
    with pytest.raises(MillraceError, match="The weight .*moving_mean changes with the rows, without noise"):
        fit(model, ledger.feed(rows, 50), rows.batches(50), Training(), "binary", None, [ledger], ledger.wrap)


@pytest.mark.full
def test_a_row_that_is_unlike_all_others_is_forgotten():
    """Sixteen people of 200 are in the data, by a label that is usual for others: how far up do these stand?

    The exposure is that of Carlini et al., The Secret Sharer, 2019: 7.6 where one is the likeliest of all 200, and 1.4
    where nothing is known.
    """
    known, told = np.arange(184) + 200, np.random.default_rng(0).choice(200, 16, replace=False)
    ids = np.concatenate([known, told])[:, None]
    rows = Held({"person": ids}, (ids < 200).astype("int64"))
    exposures = {}
    for name, ledger in (
        ("open", Ledger(mechanism(rows=200, steps=60, clip=1e3, noise=1e-9))),
        ("private", Ledger(Mechanism.plan(BUDGET, 200, 50, 60))),
    ):
        model = train(rows, ledger, Training(epochs=15, batch_size=50, optimizer=Optimizer(learning_rate=0.1)))
        scores = model.predict({"person": np.arange(200)[:, None]}, batch_size=200, verbose=0)[:, 0]
        ranks = 1 + (scores[None] > scores[told][:, None]).sum(axis=1)
        exposures[name] = np.mean(np.log2(200) - np.log2(ranks))
    assert exposures["open"] > 4.5
    assert exposures["private"] < 3
