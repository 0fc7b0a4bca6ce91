import keras
import numpy as np
import pytest

from configs.schema.label import Label
from tests.trainer.conftest import LABELS
from trainer.labels import HEADS, adapt, count_units, predict

ANSWERS = {  # to logits of 0 and 1, or to the first alone
    "binary": [0.5],
    "multiclass": [0.21194156, 0.57611688, 0.21194156],
    "multilabel": [0.5, 0.7310586, 0.5],
    "regression": [0.0],
}


def model_of(kind):
    units = count_units(LABELS[kind])
    inputs = keras.Input((units,))
    model = keras.Model(inputs, predict(inputs, LABELS[kind]))
    return model, np.array([[0.0, 1.0, 0.0][:units]], "float32")


@pytest.mark.parametrize("kind", HEADS)
def test_a_prediction_is_a_probability_or_a_number(kind):
    model, logits = model_of(kind)
    np.testing.assert_allclose(model(logits).numpy(), [ANSWERS[kind]], rtol=1e-6)
    assert model(logits).dtype == "float32"


def test_quantiles_do_not_cross():
    label = Label(name="y", kind="regression", quantiles=(0.1, 0.5, 0.9))
    assert count_units(label) == 3
    inputs = keras.Input((3,))
    answers = keras.Model(inputs, predict(inputs, label))(np.array([[3.0, -1.0, 2.0]], "float32"))
    assert answers.numpy().tolist() == [[-1.0, 2.0, 3.0]]


def test_a_number_is_in_the_unit_of_the_label():
    model, _ = model_of("regression")
    adapt(model, mean=10.0, spread=2.0)
    assert model(np.array([[1.5]], "float32")).numpy().tolist() == [[13.0]]
