"""Who trains when and on what, what a round makes of their weights, and what digits are then worth."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.schema.models import Dnn, Linear
from configs.schema.training import EarlyStopping, Federated, Optimizer, Training
from tests.trainer import digits
from tests.trainer.conftest import LABELS
from tests.trainer.test_run_fn import Held
from tests.trainer.training.test_checkpoints import Kill, Killed
from trainer.features.identity import CLIENT
from trainer.features.transforms import Column
from trainer.models import dnn, linear
from trainer.training.checkpoints import Checkpoint
from trainer.training.federation import Federation, Proximal, draw
from trainer.training.fit import fit


def rows_of(*counts):
    """Clients of so many rows, one after another; a row's number is its place, its label that of its client."""
    owners = np.repeat(np.arange(len(counts)), counts)[:, None]
    numbers = np.arange(len(owners), dtype="float32")[:, None]
    return Held({"amount": numbers, CLIENT: 7 - owners * 1000}, owners % 2)  # clients are told by codes of any size


def train(rows, model, training, size, checkpoint=None, watching=(), seed=0):
    regime = Federation(training.federated, seed)
    feed = regime.feed(rows, size)
    suited = regime.suit(training, feed.steps)
    checkpoint = Checkpoint(checkpoint, suited.checkpoint_every) if checkpoint else None
    return fit(
        model, feed, rows.batches(100), suited, "binary", checkpoint, [regime, *watching], regime.wrap
    ), checkpoint


def test_each_client_s_rows_come_by_themselves_and_as_often_as_asked_for():
    regime = Federation(Federated(clients="c", rounds=2, local_epochs=2), seed=3)
    feed = regime.feed(rows_of(3, 10, 7), 4)
    assert (regime.tell()["federated"], feed.steps) == (
        {"clients": 3, "chosen": 3, "fewest_rows": 3, "most_rows": 10},
        2 * (1 + 3 + 2),
    )
    owner = np.repeat([2, 1, 0], [3, 10, 7])  # in the order of their codes
    orders = []
    for number in range(2):
        batches = list(feed.make(tf.constant(number, tf.int64)).as_numpy_iterator())
        assert all(columns.keys() == {"amount"} for columns, _ in batches)
        places = [columns["amount"].ravel().astype(int) for columns, _ in batches]
        assert all(len(set(owner[some])) == 1 for some in places)
        taking = [owner[some][0] for some in places]
        expected = np.repeat(regime.chosen[number], regime.lengths[regime.chosen[number]])
        assert taking == expected.tolist()
        assert np.bincount(np.concatenate(places)).tolist() == [2] * 20
        orders.append(np.concatenate(places).tolist())
    assert orders[0] != orders[1]


def test_a_fraction_of_the_clients_is_drawn_for_each_round():
    options = Federated(clients="c", rounds=200, fraction=0.3)
    drawn = draw(options, 10, 0)
    assert drawn.shape == (200, 3)
    assert all(len(set(some)) == 3 for some in drawn)
    assert np.bincount(drawn.ravel()) == pytest.approx(np.full(10, 60), abs=25)
    assert (draw(options, 10, 0) == drawn).all() and (draw(options, 10, 1) != drawn).any()
    assert draw(Federated(clients="c", rounds=1, fraction=0.01), 10, 0).shape == (1, 1)


def step(weights, momentum, numbers, label, rate):
    """One of logistic regression by gradient descent with a momentum of 0.9: the weight and the bias."""
    errors = 1 / (1 + np.exp(-(numbers * weights[0] + weights[1]))) - label
    momentum = 0.9 * momentum - rate * np.array([(errors * numbers).mean(), errors.mean()])
    return weights + momentum, momentum


@pytest.mark.slow
@pytest.mark.parametrize(("fraction", "seed"), [(1.0, 0), (0.5, 1)])
def test_a_round_is_the_mean_of_what_each_makes_of_the_weights_of_all(fraction, seed):
    """By hand: of rows that are alike within a client, whose order says nothing; with a momentum that each forgets.

    Half of two clients are one, and a round of the smaller one is filled up with steps that are not kept.
    """
    counts, values, size, rate = (10, 40), (0.5, -2.0), 10, 0.3
    owners = np.repeat([0, 1], counts)[:, None]
    rows = Held({"amount": np.array(values, "float32")[owners], CLIENT: owners}, owners)
    options = Federated(clients="c", rounds=4, fraction=fraction, local_epochs=2)
    model = linear.build(Linear(family="linear"), LABELS["binary"], [Column("amount")])
    expected = np.array([float(np.ravel(weight)[0]) for weight in model.get_weights()])
    optimizer = Optimizer(name="momentum", learning_rate=rate)
    train(rows, model, Training(federated=options, optimizer=optimizer), size, seed=seed)
    for taking in draw(options, 2, seed):
        total, mean = sum(counts[client] for client in taking), np.zeros(2)
        for client in taking:
            own, momentum = expected, np.zeros(2)
            for _ in range(2 * counts[client] // size):
                own, momentum = step(own, momentum, np.full(size, values[client]), client, rate)
            mean += counts[client] / total * own
        expected = mean
    assert len({*draw(options, 2, seed).ravel()}) == 2
    assert [float(np.ravel(weight)[0]) for weight in model.get_weights()] == pytest.approx(expected, rel=1e-4)


def test_a_proximal_loss_grows_with_the_way_from_the_weights_of_all_in_training_alone():
    model = linear.build(Linear(family="linear"), LABELS["binary"], [Column("amount")])
    held = Proximal(model, 0.5)
    held.compile("sgd", "binary_crossentropy")
    label, answer = np.array([[1.0]]), np.array([[0.5]])
    held.hold()
    for weight in model.trainable_variables:
        weight.assign(weight + 3.0)
    losses = [float(held.compute_loss(None, label, answer, None, training=training)) for training in (True, False)]
    assert losses == pytest.approx([np.log(2) + 0.25 * 2 * 3.0**2, np.log(2)], rel=1e-5)
    held.hold()
    assert float(held.compute_loss(None, label, answer, None, training=True)) == pytest.approx(np.log(2), rel=1e-5)


@pytest.mark.full
def test_a_training_that_was_killed_amid_a_round_goes_on_from_its_begin(tmp_path):
    """Six steps a round, of which a state is kept after two rounds; it is killed in the fourth."""
    rows, options = rows_of(20, 40), Federated(clients="c", rounds=5, proximal=0.1)
    training = Training(federated=options, checkpoint_every=7, early_stopping=EarlyStopping(patience=3))

    def build():
        keras.utils.set_random_seed(1)
        return dnn.build(Dnn(family="dnn", hidden_units=(3,), dropout=0.3), LABELS["binary"], [Column("amount")])

    whole, again, path = build(), build(), tmp_path / "state.npz"
    train(rows, whole, training, 10)
    with pytest.raises(Killed):
        train(rows, build(), training, 10, path, [Kill(20)])
    _, checkpoint = train(rows, again, training, 10, path)
    assert checkpoint.begun == 12
    for ours, theirs in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.full
def test_digits_of_five_clients_are_learnt_without_being_brought_together():
    """1,347 of them: dealt out at random, and so that each client has two digits alone; and all in one place."""
    (images, labels), asked = digits.draw()
    dealt = np.random.default_rng(0).integers(0, 5, len(images))
    reached = {}
    for name, owners in (("central", None), ("dealt", dealt), ("two digits", labels[:, 0] // 2)):
        keras.utils.set_random_seed(0)
        model = dnn.build(Dnn(family="dnn", hidden_units=(128, 64)), digits.LABEL, digits.COLUMNS)
        ends = digits.batch(asked, 450).take(1)
        if owners is None:
            rows = Held({"image": images}, labels)
            optimizer = Optimizer(name="sgd", learning_rate=0.05)
            fit(model, rows.feed(32), ends, Training(epochs=40, optimizer=optimizer), "multiclass")
        else:
            rows = Held({"image": images, CLIENT: owners[:, None]}, labels)
            optimizer = Optimizer(name="sgd", learning_rate=0.1)
            training = Training(federated=Federated(clients="c", rounds=40), optimizer=optimizer)
            regime = Federation(training.federated, 0)
            feed = regime.feed(rows, 32)
            fit(model, feed, ends, regime.suit(training, feed.steps), "multiclass", None, [regime], regime.wrap)
        reached[name] = digits.score(model, asked)
    assert reached["central"] >= 0.96
    assert reached["dealt"] >= 0.95
    assert 0.95 > reached["two digits"] >= 0.87
