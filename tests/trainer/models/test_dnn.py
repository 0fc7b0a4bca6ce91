"""An ensemble of stacks, whose mean answers."""

import keras
import numpy as np
import pytest

from configs.schema.label import Label
from configs.schema.models import Dnn
from trainer.features.transforms import Column
from trainer.models.dnn import build

LABEL = Label(name="label", kind="regression")


def test_members_answer_by_their_mean_and_differ() -> None:
    keras.utils.set_random_seed(0)
    model = build(Dnn(family="dnn", hidden_units=(8,), members=3), LABEL, [Column("x")])
    [average] = [layer for layer in model.layers if isinstance(layer, keras.layers.Average)]
    members = keras.Model(model.input, average.input)({"x": np.array([[1.0], [-2.0]])})
    told = np.stack([member.numpy() for member in members])
    assert len({member.round(4).tobytes() for member in told}) == 3
    assert model({"x": np.array([[1.0], [-2.0]])}).numpy() == pytest.approx(told.mean(axis=0))


def test_one_member_is_the_network_alone() -> None:
    keras.utils.clear_session()
    model = build(Dnn(family="dnn", hidden_units=(8,)), LABEL, [Column("x")])
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.name for layer in dense] == ["dense", "dense_1"]  # a warm start finds weights by these
    assert not [layer for layer in model.layers if isinstance(layer, keras.layers.Average)]
    assert model.count_params() == 2 * 8 + 8 + 1
