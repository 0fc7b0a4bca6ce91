import keras
import numpy as np
import pytest

from configs.errors import ConfigError
from configs.schema.models import Dnn, Rnn
from configs.schema.training import Training
from tests.trainer import digits
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.models import layers
from trainer.models.dnn import build
from trainer.training.fit import fit

NUMBER, COLOUR = Column("fare"), Column("colour.id", size=3)
WORDS, STEPS = Column("review", size=4, length=3), Column("pulse", shape=(3, 2))
MASK = Column("pulse.mask", length=3, mask_of="pulse")
ROW = {"fare": [[2.0]], "colour.id": [[1]], "review": [[1, 2, 0]], "pulse": [[[1.0, 2.0]] * 3]}


def answer(output, tensors):
    return keras.Model(tensors, output)({name: np.array(ROW[name]) for name in tensors}).numpy()


def test_masks_are_inputs_of_those_alone_who_ask_for_them():
    assert list(layers.inputs([NUMBER, STEPS, MASK])) == ["fare", "pulse"]


def test_columns_are_encoded_side_by_side():
    columns = [NUMBER, COLOUR, WORDS, STEPS]
    tensors = layers.inputs(columns)
    assert layers.encode(columns, tensors, embedding=5).shape == (None, 1 + 5 + 5 + 6)


def test_a_linear_model_begins_at_nothing():
    tensors = layers.inputs([NUMBER, COLOUR, WORDS])
    assert answer(layers.linear([NUMBER, COLOUR, WORDS], tensors, 2), tensors).tolist() == [[0.0, 0.0]]


def test_padding_does_not_count_in_a_mean():
    steps = keras.ops.convert_to_tensor([[[1.0], [3.0], [9.0]], [[1.0], [1.0], [1.0]]])
    mask = keras.ops.convert_to_tensor([[True, True, False], [False, False, False]])
    assert layers.average(steps, mask).numpy().tolist() == [[2.0], [0.0]]
    assert layers.add_up(steps, mask).numpy().tolist() == [[4.0], [0.0]]
    assert layers.average(steps[:, :2], None).numpy().tolist() == [[2.0], [1.0]]


def test_hidden_layers_are_as_wide_as_the_options_say():
    tensors = layers.inputs([NUMBER])
    deep = layers.hidden(tensors["fare"], Dnn(family="dnn", hidden_units=(4, 3), activation="relu"))
    assert deep.shape == (None, 3)
    assert (answer(deep, tensors) >= 0).all()


def test_residual_layers_add_to_what_they_are_given_of_which_they_see_each_row_normalised():
    """One that brings the row to its width, 2, and one that adds to it; then the sum is normalised."""
    options = Dnn(family="dnn", depth=1, width=2, activation="relu", residual=True)
    tensors = layers.inputs([NUMBER])
    model = keras.Model(tensors, layers.hidden(tensors["fare"], options))
    normal = [np.ones(2), np.zeros(2)]
    model.set_weights(
        [np.array([[1.0, 3.0]]), np.zeros(2), *normal, np.array([[0.0, 0.0], [5.0, 1.0]]), np.ones(2), *normal]
    )
    # 2 becomes (2, 6), is normalised to (-1, 1) and activated to (0, 1); (5, 1) + 1 is added to (2, 6).
    assert model({"fare": np.array([[2.0]])}).numpy() == pytest.approx(np.zeros((1, 2)), abs=0.01)
    sums = keras.Model(tensors, model.layers[-1].input)
    assert sums({"fare": np.array([[2.0]])}).numpy() == pytest.approx(np.array([[8.0, 8.0]]), abs=0.01)


@pytest.mark.full
@pytest.mark.parametrize(
    ("depth", "residual", "low", "high"),
    [(24, False, 0.0, 0.9), (48, False, 0.0, 0.2), (24, True, 0.96, 1.0), (48, True, 0.95, 1.0)],
)
def test_residual_layers_learn_however_many_there_are_and_plain_ones_do_not(depth, residual, low, high):
    train, asked = digits.draw()
    keras.utils.set_random_seed(0)
    model = build(Dnn(family="dnn", depth=depth, width=64, residual=residual), digits.LABEL, digits.COLUMNS)
    rows = digits.batch(train, 32)
    fit(model, rows, rows.take(1), Training(epochs=20), "multiclass")
    assert low <= digits.score(model, asked) <= high


@pytest.mark.parametrize(("column", "steps"), [(NUMBER, False), (COLOUR, False), (WORDS, True), (STEPS, True)])
def test_sequences_and_texts_are_steps(column, steps):
    assert layers.is_steps(column) == steps


def test_a_family_without_its_kind_of_column_is_refused():
    with pytest.raises(ConfigError, match="no feature is an image, a sequence or a text") as error:
        layers.compose(Rnn(family="rnn"), LABELS["binary"], [NUMBER], layers.is_steps, lambda *_: None)
    assert error.value.where == "model.family"
