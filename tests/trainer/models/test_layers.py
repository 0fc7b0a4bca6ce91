import keras
import numpy as np
import pytest

from configs.errors import ConfigError
from configs.schema.models import Dnn, Rnn
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.models import layers

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


@pytest.mark.parametrize(("column", "steps"), [(NUMBER, False), (COLOUR, False), (WORDS, True), (STEPS, True)])
def test_sequences_and_texts_are_steps(column, steps):
    assert layers.is_steps(column) == steps


def test_a_family_without_its_kind_of_column_is_refused():
    with pytest.raises(ConfigError, match="no feature is an image, a sequence or a text") as error:
        layers.compose(Rnn(family="rnn"), LABELS["binary"], [NUMBER], layers.is_steps, lambda *_: None)
    assert error.value.where == "model.family"
