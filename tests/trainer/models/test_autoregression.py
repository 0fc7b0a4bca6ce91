"""A number out of its own past: where it begins, what it reads, and that it learns each horizon by itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.schema.label import Label
from configs.schema.models import Autoregression
from configs.schema.training import EarlyStopping, Optimizer, Training
from trainer.features.transforms import Column
from trainer.models.autoregression import build
from trainer.training.fit import fit

NUMBER = Label(name="y", kind="regression")
PAST = [Column("past.steps", shape=(6, 1)), Column("past.mask", length=6, mask_of="past.steps")]
HORIZON = Column("horizon.id", size=6)


def tabulate(values, horizons):
    """An example of each place and horizon: the six values before, and the horizon."""
    places = [(place, ahead) for ahead in horizons for place in range(5 + ahead, len(values))]
    steps = np.array([[values[place - ahead - 5 + step] for step in range(6)] for place, ahead in places], "float32")
    columns = {
        "past.steps": steps[..., None],
        "past.mask": np.ones((len(places), 6), "int64"),
        "horizon.id": np.array([[ahead] for _, ahead in places]),
    }
    return columns, np.array([[values[place]] for place, _ in places], "float32")


@pytest.mark.parametrize(("season", "expected"), [(1, [5, 5, 5, 5]), (4, [2, 3, 4, 5]), (3, [3, 4, 5, 3])])
def test_training_begins_with_what_stood_there_a_season_before(season, expected):
    model = build(Autoregression(family="autoregression", season=season), NUMBER, [*PAST, HORIZON])
    columns, _ = tabulate(np.arange(6.0).tolist() + [0.0] * 4, [1, 2, 3, 4])
    first = [int(np.flatnonzero(columns["horizon.id"][:, 0] == ahead)[0]) for ahead in (1, 2, 3, 4)]
    answers = model({name: columns[name][first] for name in model.input}).numpy()[:, 0]
    np.testing.assert_allclose(answers, expected, rtol=1e-6)


def test_steps_that_are_not_there_are_none_and_the_last_is_the_last_that_is():
    model = build(Autoregression(family="autoregression"), NUMBER, PAST)
    steps = np.array([[[3.0], [7.0], [9.0], [9.0], [9.0], [9.0]]], "float32")
    answer = model({"past.steps": steps, "past.mask": np.array([[1, 1, 0, 0, 0, 0]])})
    assert answer.numpy().tolist() == [[7.0]]


@pytest.mark.slow
def test_each_horizon_is_learnt_by_itself_and_a_level_never_seen_is_met(tmp_path):
    random = np.random.default_rng(0)
    season = np.array([5.0, 0.0, -5.0, 0.0])

    def make(level, count):
        steps = np.arange(count)
        return level + 0.5 * steps + season[steps % 4] + random.normal(0, 0.1, count)

    (train, labels), (test, truth) = tabulate(make(0, 300), [1, 2, 3]), tabulate(make(1000, 100), [1, 2, 3])
    keras.utils.set_random_seed(1)
    model = build(Autoregression(family="autoregression", season=4), NUMBER, [*PAST, HORIZON])
    scaled = {**train, "past.steps": (train["past.steps"] - labels.mean()) / labels.std()}
    rows = tf.data.Dataset.from_tensor_slices((scaled, labels))
    training = Training(epochs=60, optimizer=Optimizer(learning_rate=0.01), early_stopping=EarlyStopping(patience=10))
    fit(model, rows.shuffle(1000, seed=1).batch(64), rows.batch(512), training, "regression")
    asked = {**test, "past.steps": (test["past.steps"] - labels.mean()) / labels.std()}
    answers = model({name: asked[name] for name in model.input}).numpy()
    assert np.sqrt(np.mean((answers - truth) ** 2)) < 0.3  # a season before it stood 2 lower
    model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert (saved({name: asked[name] for name in saved.input}).numpy() == answers).all()


def test_quantiles_are_told_by_as_many_functions():
    label = Label(name="y", kind="regression", quantiles=(0.1, 0.5, 0.9))
    model = build(Autoregression(family="autoregression"), label, [Column("all.numbers", shape=(2,)), *PAST, HORIZON])
    columns, _ = tabulate(list(range(9)), [1, 2])
    asked = columns | {"all.numbers": np.zeros((len(columns["horizon.id"]), 2), "float32")}
    assert model({name: asked[name] for name in model.input}).shape == (5, 3)
