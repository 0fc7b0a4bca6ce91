"""Each optimizer and each schedule: what the config asks for, and what it does to the weights."""

import math

import keras
import numpy as np
import pytest
from pydantic import ValidationError

from configs.schema.models import Linear
from configs.schema.training import PARAMETERS, Cosine, Exponential, Optimizer, Plateau, Training
from tests.trainer.conftest import LABELS
from trainer.models.linear import build
from trainer.training.fit import fit
from trainer.training.optimizers import OPTIMIZERS, optimizer

RATE = 0.1
# The first step from a weight of 1 down a gradient of 0.5, by each optimizer's own formula and Keras's constants.
FIRST_STEPS = {
    "sgd": RATE * 0.5,
    "momentum": RATE * 0.5,
    "nesterov": RATE * 0.5 * (1 + 0.9),
    "adagrad": RATE * 0.5 / math.sqrt(0.1 + 0.5**2),
    "rmsprop": RATE * 0.5 / math.sqrt(0.1 * 0.5**2),
    "adam": RATE,
    "adamw": RATE + RATE * 0.004,
}


def walk(options, gradients):
    """The weight after each gradient, from 1."""
    weight = keras.Variable([1.0])
    chosen = optimizer(options, epoch_steps=5, steps=20)
    places = []
    for gradient in gradients:
        chosen.apply([np.array([gradient], "float32")], [weight])
        places.append(float(weight.numpy()[0]))
    return places


def rates(schedule, steps=20):
    """The rate at each step of a training whose epochs have five."""
    chosen = optimizer(Optimizer(name="sgd", learning_rate=1.0, schedule=schedule), epoch_steps=5, steps=steps)
    weight = keras.Variable([0.0])
    found = []
    for _ in range(steps):
        found.append(float(chosen.learning_rate))
        chosen.apply([np.zeros(1, "float32")], [weight])
    return found


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_takes_the_step_that_it_is_known_for(name):
    assert walk(Optimizer(name=name, learning_rate=RATE), [0.5]) == [pytest.approx(1 - FIRST_STEPS[name], rel=1e-5)]


def test_every_optimizer_is_there_and_each_of_its_parameters_reaches_keras():
    assert OPTIMIZERS.keys() == PARAMETERS.keys() == FIRST_STEPS.keys()
    for name, parameters in PARAMETERS.items():
        chosen = optimizer(Optimizer(name=name, **dict.fromkeys(parameters, 0.25)), 1, 1)
        assert {parameter: getattr(chosen, parameter) for parameter in parameters} == dict.fromkeys(parameters, 0.25)


def test_momentum_carries_on_and_nesterov_looks_ahead():
    plain, heavy, ahead = (
        walk(Optimizer(name=name, learning_rate=RATE), [1.0, 0.0]) for name in ("sgd", "momentum", "nesterov")
    )
    assert plain == pytest.approx([0.9, 0.9])
    assert heavy == pytest.approx([0.9, 0.81])
    assert ahead == pytest.approx([0.81, 0.729])


def test_a_parameter_that_the_optimizer_does_not_have_is_refused_by_name():
    with pytest.raises(ValidationError, match="adam has no parameter momentum; it has beta_1, beta_2, epsilon"):
        Optimizer(name="adam", momentum=0.9)
    with pytest.raises(ValidationError, match="sgd has no parameter momentum; it has none"):
        Optimizer(name="sgd", momentum=0.9)


def test_gradients_are_clipped_by_their_norm_or_by_their_size():
    weights = [keras.Variable([0.0]), keras.Variable([0.0])]
    gradients = [np.array([30.0], "float32"), np.array([40.0], "float32")]
    for clip, expected in (({"clip_norm": 5.0}, [-3.0, -4.0]), ({"clip_value": 35.0}, [-30.0, -35.0])):
        for weight in weights:
            weight.assign([0.0])
        optimizer(Optimizer(name="sgd", learning_rate=1.0, **clip), 1, 1).apply(gradients, weights)
        assert [float(weight.numpy()[0]) for weight in weights] == pytest.approx(expected)
    with pytest.raises(ValidationError, match="takes clip_norm or clip_value, not both"):
        Optimizer(clip_norm=1.0, clip_value=1.0)


def test_an_exponential_schedule_falls_by_its_factor_in_every_so_many_epochs():
    found = rates(Exponential(kind="exponential", factor=0.25, epochs=2))
    assert (found[0], found[5], found[10]) == pytest.approx((1, 0.5, 0.25))


def test_a_cosine_rises_in_a_line_and_falls_to_its_floor():
    found = rates(Cosine(kind="cosine", warm_up=0.2, floor=0.1), steps=20)
    assert found[:5] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert found[12] == pytest.approx((1 + 0.1) / 2)
    assert found[19] == pytest.approx(0.1, abs=0.02)
    assert rates(Cosine(kind="cosine", warm_up=0), steps=20)[0] == 1


@pytest.mark.slow
def test_a_plateau_halves_the_rate_until_the_floor(columns, rows):
    keras.utils.set_random_seed(1)
    model = build(Linear(family="linear"), LABELS["binary"], columns)
    schedule = Plateau(kind="plateau", patience=1, factor=0.5, floor=0.2)
    history = fit(
        model, rows, rows, Training(epochs=15, optimizer=Optimizer(learning_rate=50.0, schedule=schedule)), "binary"
    )
    assert history["learning_rate"][0] == 50
    assert history["learning_rate"][-1] == pytest.approx(10)
    assert history["learning_rate"] == sorted(history["learning_rate"], reverse=True)
