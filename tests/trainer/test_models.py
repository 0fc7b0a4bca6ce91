"""Every family: what goes in, what comes out, and that it learns."""

import keras
import numpy as np
import pytest

from configs.schema import Dnn, EarlyStopping, Label, Linear, Numeric, Optimizer, Training, WideDeep
from trainer.fit import fit
from trainer.models import FAMILIES, build
from trainer.settings import Settings

OPTIONS = {
    "linear": Linear(family="linear"),
    "dnn": Dnn(family="dnn", hidden_units=(8,), dropout=0.1),
    "wide_deep": WideDeep(family="wide_deep", hidden_units=(8,), embedding=2),
}
# amount: 1 weight and 1 bias; colour: 4 weights. Embeddings of 8 and 2 wide, hidden layers of 8, an output of 1.
PARAMETERS = {
    "linear": 1 + 1 + 4,
    "dnn": 4 * 8 + (1 + 8) * 8 + 8 + 8 + 1,
    "wide_deep": 4 + 4 * 2 + (1 + 2) * 8 + 8 + 8 + 1,
}


def model_of(family, columns):
    keras.utils.set_random_seed(1)
    settings = Settings(
        features={column.name: Numeric(kind="numeric") for column in columns},
        label=Label(name="label", kind="binary"),
        model=OPTIONS[family],
        training=Training(),
    )
    return build(settings, columns)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_the_parameters_that_its_layers_add_up_to(family, columns):
    assert model_of(family, columns).count_params() == PARAMETERS[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_a_probability_for_each_row(family, columns, rows):
    answers = model_of(family, columns).predict(rows, verbose=0)
    assert answers.shape == (512, 1)
    assert answers.dtype == np.float32
    assert ((answers > 0) & (answers < 1)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_learns(family, columns, rows):
    training = Training(
        epochs=20, optimizer=Optimizer(name="adam", learning_rate=0.05), early_stopping=EarlyStopping(patience=20)
    )
    history = fit(model_of(family, columns), rows, rows, training, "binary")
    assert history["val_auc"][-1] > 0.99
