"""Beginning with the weights of an exported model, whose vocabulary may have been another."""

import keras
import numpy as np
import pytest

from configs.errors import MillraceError
from configs.schema.models import Dnn
from tests.trainer.conftest import LABELS
from trainer.export.saved_model import KERAS_MODEL
from trainer.export.signatures import FOLDS, JUDGED
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column
from trainer.models.dnn import build
from trainer.training.warm_start import Table, carry, find_judged, warm_start

OLD, NEW = ["red", "blue"], ["green", "red", "blue"]


def columns_of(colours):
    return [
        Column("amount.number"),
        Column("member.id", size=3),
        Column("colour.id", size=len(colours) + 1),
        Column("text.words", len(colours) + 2, 4),
    ]


def model_of(colours, units=3, seed=1):
    keras.utils.set_random_seed(seed)
    return build(Dnn(family="dnn", hidden_units=(units,)), LABELS["binary"], columns_of(colours))


def write_vocabularies(folder, colours):
    """Lays them as an exported model has them; returns what Transform has learnt of the same colours."""
    (folder / "assets").mkdir(parents=True)
    for feature in ("colour", "text"):
        (folder / "assets" / feature).write_text("".join(f"{colour}\n" for colour in colours))
    Learnt({}, {}, dict.fromkeys(("colour", "text"), [colour.encode() for colour in colours])).write(str(folder))
    return Learnt.read(str(folder))


@pytest.fixture
def exported(tmp_path):
    """A model of two colours, and where it lies."""
    model, folder = model_of(OLD), tmp_path / "3"
    write_vocabularies(folder, OLD)
    (folder / KERAS_MODEL).parent.mkdir()
    model.save(folder / KERAS_MODEL)
    return model, folder


def rows(colours, colour):
    """A row of this colour, by its ids; padding after one word."""
    place = colours.index(colour) if colour in colours else len(colours)
    return {
        "amount.number": np.ones((1, 1), "float32"),
        "member.id": np.array([[2]]),
        "colour.id": np.array([[place]]),
        "text.words": np.array([[place + 1, 0, 0, 0]]),
    }


@pytest.mark.parametrize("colour", ["red", "blue", "unheard of"])
def test_values_are_answered_as_before_whatever_their_ids_are_now(exported, colour, tmp_path):
    before, folder = exported
    model = model_of(NEW, seed=2)
    warm_start(model, folder, write_vocabularies(tmp_path / "transform", NEW), columns_of(NEW))
    expected = before(rows(OLD, colour)).numpy()
    np.testing.assert_allclose(model(rows(NEW, colour)).numpy(), expected, rtol=1e-5)


def test_a_new_value_keeps_the_weights_that_it_was_given(exported, tmp_path):
    _, folder = exported
    model = model_of(NEW, seed=2)
    tables = {weight.shape[0]: weight for weight in model.weights if weight.name == "embeddings"}
    ids, words = tables[3 + 4], tables[5]  # of members, three colours and others; of padding, three words and others
    fresh = ids.numpy()[3], words.numpy()[1]
    warm_start(model, folder, write_vocabularies(tmp_path / "transform", NEW), columns_of(NEW))
    np.testing.assert_array_equal((ids.numpy()[3], words.numpy()[1]), fresh)


@pytest.mark.parametrize(
    ("units", "colours", "said"), [(4, OLD, r"dense\w*/kernel \(25, 4\) here, dense\w*/kernel \(25, 3\) there")]
)
def test_another_architecture_is_refused_by_the_weight_that_differs(exported, units, colours, said, tmp_path):
    _, folder = exported
    with pytest.raises(MillraceError, match=said) as told:
        learnt = write_vocabularies(tmp_path / "transform", colours)
        warm_start(model_of(colours, units), folder, learnt, columns_of(colours))
    assert "training.warm_start to false" in told.value.remedy


def test_other_inputs_are_refused_even_where_all_weights_fit(exported, tmp_path):
    _, folder = exported
    columns = [Column("price.number"), *columns_of(OLD)[1:]]
    model = build(Dnn(family="dnn", hidden_units=(3,)), LABELS["binary"], columns)
    with pytest.raises(MillraceError, match=r"it takes .*price\.number.* here, .*amount\.number.* there"):
        warm_start(model, folder, write_vocabularies(tmp_path / "transform", OLD), columns)


def test_a_model_of_all_rows_is_begun_with_as_it_was_before_it_saw_the_test_split(exported, tmp_path):
    _, folder = exported
    judged = model_of(OLD, seed=3)
    write_vocabularies(folder / JUDGED, OLD)
    (folder / JUDGED / KERAS_MODEL).parent.mkdir()
    judged.save(folder / JUDGED / KERAS_MODEL)
    model = model_of(OLD, seed=2)
    warm_start(model, folder, write_vocabularies(tmp_path / "transform", OLD), columns_of(OLD))
    for ours, theirs in zip(model.get_weights(), judged.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_has_learnt_from_all_rows_in_folds_is_not_begun_with(exported):
    _, folder = exported
    (folder / JUDGED / FOLDS).parent.mkdir(parents=True)
    (folder / JUDGED / FOLDS).write_text('{"folds": 5}')
    with pytest.raises(MillraceError, match="has learnt from all rows, those of the test split among them"):
        find_judged(folder)


def test_rows_follow_their_values_between_padding_and_buckets():
    theirs = np.array([[0.0], [1.0], [2.0], [3.0]])  # padding, a, b, others
    ours = np.array([[-1.0]] * 5)
    known = Table([b"a", b"b"], 1, 4)
    found = carry(ours, [Table([b"b", b"c", b"a"], 1, 5)], theirs, [known])
    assert found[:, 0].tolist() == [0, 2, -1, 1, 3]
    assert carry(ours[:4], [Table([b"z", b"y"], 1, 4)], theirs, [known])[:, 0].tolist() == [0, -1, -1, 3]


def test_rows_of_several_columns_follow_each_their_own():
    theirs = np.arange(6.0)[:, None]  # yes, no; a, b, others of them
    ours = -np.ones((7, 1))
    switch = Table([], 0, 2)
    found = carry(ours, [switch, Table([b"b", b"c"], 0, 5)], theirs, [switch, Table([b"a", b"b"], 0, 4)])
    assert found[:, 0].tolist() == [0, 1, 3, -1, 4, 5, -1]
