"""Every family with every kind of column and of label: what goes in, what comes out, and that it learns."""

import keras
import numpy as np
import pytest

from configs.features import Numeric
from configs.models import Dnn, Linear, WideDeep
from configs.training import EarlyStopping, Optimizer, Training
from tests.trainer.conftest import LABELS
from trainer.features import Column
from trainer.fit import fit
from trainer.models import FAMILIES, build
from trainer.settings import Settings

OPTIONS = {
    "linear": Linear(family="linear"),
    "dnn": Dnn(family="dnn", hidden_units=(8,), dropout=0.1),
    "wide_deep": WideDeep(family="wide_deep", hidden_units=(8,), embedding=2),
}
# The linear terms of one unit: 1 for the amount, 4 for the colour, 6 for the words; and a bias. Embeddings are 8 and 2
# wide; after them, hidden layers of 8 and their biases, and the output with its own.
PARAMETERS = {
    "linear": lambda units: (1 + 4 + 6 + 1) * units,
    "dnn": lambda units: (4 + 6) * 8 + (1 + 8 + 8) * 8 + 8 + (8 + 1) * units,
    "wide_deep": lambda units: (4 + 6) * units + (4 + 6) * 2 + (1 + 2 + 2) * 8 + 8 + (8 + 1) * units,
}
UNITS = {"binary": 1, "multiclass": 3, "regression": 1}


def model_of(family, columns, kind="binary"):
    keras.utils.set_random_seed(1)
    settings = Settings(
        features={column.name: Numeric(kind="numeric") for column in columns},
        label=LABELS[kind],
        model=OPTIONS[family],
        training=Training(),
    )
    return build(settings, columns)


def score(kind, answers, label):
    """The share of rows that are right, or of a number's variance that is explained."""
    if kind == "regression":
        return 1 - np.square(answers - label).mean() / label.var()
    classes = answers.argmax(axis=1)[:, None] if kind == "multiclass" else answers > 0.5
    return (classes == label).mean()


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_the_parameters_that_its_layers_add_up_to(family, kind, columns):
    assert model_of(family, columns, kind).count_params() == PARAMETERS[family](UNITS[kind])


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_each_row_in_the_form_of_its_label(family, kind, columns, features):
    answers = model_of(family, columns, kind)(features).numpy()
    assert answers.shape == (1024, UNITS[kind])
    assert answers.dtype == np.float32
    if kind == "binary":
        assert ((answers > 0) & (answers < 1)).all()
    if kind == "multiclass":
        np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_learns_and_answers_alike_once_saved(family, kind, columns, features, label_of, rows_of, tmp_path):
    training = Training(
        epochs=25, optimizer=Optimizer(name="adam", learning_rate=0.05), early_stopping=EarlyStopping(patience=25)
    )
    model = model_of(family, columns, kind)
    fit(model, rows_of[kind], rows_of[kind], training, kind)
    answers = model(features).numpy()
    assert score(kind, answers, label_of[kind]) > 0.95
    model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert (saved(features).numpy() == answers).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "column",
    [Column("number"), Column("id", size=3), Column("words", size=3, length=4), Column("image", shape=(4, 4, 1))],
)
def test_a_family_takes_a_single_column_of_any_kind(family, column):
    values = np.zeros((2, *column.input().shape[1:]), "int64" if column.size else "float32")
    answers = model_of(family, [column])({column.name: values}).numpy()
    assert answers.shape == (2, 1)
    assert np.isfinite(answers).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mask_that_a_family_has_no_use_for_is_no_input(family):
    columns = [Column("steps", shape=(4, 2)), Column("mask", length=4, mask_of="steps")]
    assert columns[1].input().dtype == "int64"
    assert set(model_of(family, columns).input) == {"steps"}


@pytest.mark.parametrize("family", FAMILIES)
def test_padding_is_no_word_and_the_order_of_words_is_none(family):
    model = model_of(family, [Column("words", size=5, length=4)])
    model.set_weights([np.arange(weight.size).reshape(weight.shape) / 100 for weight in model.get_weights()])
    texts = np.array([[1, 3, 0, 0], [0, 3, 1, 0], [1, 3, 3, 0]])
    short, same, longer = model({"words": texts}).numpy()
    assert short == same
    assert short != longer
