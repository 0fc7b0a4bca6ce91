"""L1 and L2, on the weights of every family."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import Lasso, Ridge

from configs.schema.models import Linear
from configs.schema.training import Cosine, Optimizer, Training
from tests.trainer.conftest import LABELS
from tests.trainer.models.test_families import COLUMNS, OPTIONS
from trainer.features.transforms import Column
from trainer.models.families import build
from trainer.models.regularization import penalise
from trainer.settings import Settings
from trainer.training.fit import fit


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_family_pays_for_its_weights_and_for_nothing_else(options):
    penalised = options.model_copy(update={"l1": 0.1, "l2": 0.01})
    settings = Settings(features={}, label=LABELS["binary"], model=penalised, training=Training())
    model = build(settings, COLUMNS)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 2.0))
    model({name: np.zeros((2, *tensor.shape[1:])) for name, tensor in model.input.items()})
    counted = [
        int(np.prod(variable.shape))
        for variable in model.trainable_variables
        if variable.name not in ("bias", "gamma", "beta") and (variable.name, variable.shape[0]) != ("embeddings", 1)
    ]
    assert float(sum(model.losses)) == pytest.approx(sum(counted) * (0.1 * 2 + 0.01 * 4), rel=1e-4)
    assert sum(counted) < model.count_params()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("penalty", "theirs"),
    [({"l2": 0.5}, lambda count, spread: Ridge(0.5 * count)), ({"l1": 0.2}, lambda count, spread: Lasso(0.1 * spread))],
)
def test_a_penalised_line_is_that_of_scikit_learn(penalty, theirs):
    """Theirs adds to the squares of errors in the label's unit; ours to their share of its variance."""
    random = np.random.default_rng(1)
    numbers = random.normal(size=(500, 3)).astype("float32")
    label = (numbers @ [3.0, -1.0, 0.05] + 7 + 0.1 * random.normal(size=500)).astype("float32")
    names = ["a", "b", "c"]
    columns = {name: numbers[:, [place]] for place, name in enumerate(names)}
    rows = tf.data.Dataset.from_tensor_slices((columns, label[:, None])).batch(500)
    keras.utils.set_random_seed(1)
    model = build_linear([Column(name) for name in names], **penalty)
    schedule = Cosine(kind="cosine", warm_up=0.0)
    fit(
        model, rows, rows, Training(epochs=200, optimizer=Optimizer(learning_rate=0.1, schedule=schedule)), "regression"
    )
    spread = float(label.std())
    expected = theirs(500, spread).fit(numbers, label)
    zero = {name: np.zeros((1, 1), "float32") for name in names}
    base = model.predict_on_batch(zero)[0, 0]
    found = [model.predict_on_batch(zero | {name: np.ones((1, 1), "float32")})[0, 0] - base for name in names]
    assert found == pytest.approx(expected.coef_, abs=0.03)
    assert base == pytest.approx(expected.intercept_, abs=0.03)


def build_linear(columns, l1=0.0, l2=0.0):
    settings = Settings(
        features={}, label=LABELS["regression"], model=Linear(family="linear", l1=l1, l2=l2), training=Training()
    )
    return build(settings, columns)


def test_without_a_penalty_nothing_costs(columns):
    model = build_linear(columns)
    penalise(model, 0.0, 0.0)
    assert model.losses == []
