"""Each feature kind: learnt on training rows, applied to others."""

import math
import re

import keras
import numpy as np
import pytest

from configs.schema.label import Label
from tests.trainer.rows import FEATURES, TRAINING, parse
from trainer.features.cells import NUMBERS, from_examples
from trainer.features.learning import Seen
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.features.transforms import (
    Column,
    columns,
    escape,
    list_buckets,
    list_numbers,
    list_vocabularies,
    name_column,
)
from trainer.settings import Columns

SIZES = {"the_2f_colour": 2, "the__colour": 1, "review": 2}
SCALARS = ("scaled.number", "ranged_20__28_0_2f_1_29_.number", "plain.number", "grown.number")
MOMENTS = ("at.hour_sin", "at.hour_cos", "at.year")


def test_columns_are_sized_by_what_the_vocabularies_hold():
    assert columns(FEATURES, SIZES) == [
        Column(NUMBERS, shape=(7,), parts=(*SCALARS, *MOMENTS)),
        Column("__bucketed.bucket", 2),
        Column("the_2f_colour.id", 3),
        Column("the__colour.id", 2),
        Column("member.id", 3),
        Column("review.words", 4, 3),
        Column("hashed.id", 100),
        Column("shop.id", 4),
        Column("photo.image", shape=(2, 2, 3)),
        Column("pixels.image", shape=(1, 2, 1)),
        Column("past.steps", shape=(2, 2)),
        Column("past.mask", length=2, mask_of="past.steps"),
        Column("clicks.ids", 7, 3),
    ]


def test_buckets_and_vocabularies_are_told_by_what_they_are_learnt_of():
    assert list_buckets(FEATURES) == {"_bucketed": (3, 2)}
    assert list_vocabularies(FEATURES) == {"the_2f_colour": 2, "the__colour": 1, "review": 2}


@pytest.mark.parametrize("name", ["od280/od315", "größe (cm)", "a\nb", "_", "", "%2F", "-", "日付"])
def test_a_column_may_bear_any_name(name):
    column = Column(name_column(name, "id"), 3)
    assert column.input().name == column.name == f"{escape(name)}.id"
    assert re.fullmatch(r"\w*", escape(name))


def test_no_two_names_become_one():
    names = ["a b", "a_b", "a_20_b", "a__b", "a_b_", "a__20_b", "a/b", "A b"]
    assert len({escape(name) for name in names}) == len(names)


@pytest.fixture(scope="module")
def transformed(tmp_path_factory):
    """The columns of the training rows by name; each of the numbers as well."""
    folder, cells = str(tmp_path_factory.mktemp("graph")), from_examples(FEATURES, parse(TRAINING))
    Seen.of(FEATURES, cells).conclude(FEATURES).write(folder)
    prepared = Preprocessing(Columns(features=FEATURES, label=Label(name="label", kind="binary")), Learnt.read(folder))
    made = {name: tensor.numpy() for name, tensor in prepared(parse(TRAINING)).items()}
    return made | {name: made[NUMBERS][:, [place]] for place, name in enumerate(list_numbers(FEATURES))}


def test_every_kind_learns_from_the_training_rows(transformed):
    found = {name: rows[:, 0].tolist() for name, rows in transformed.items()}
    assert found["grown.number"] == pytest.approx(found["scaled.number"], abs=1e-5)
    assert found["hashed.id"][0] == found["hashed.id"][1] != found["hashed.id"][2]
    assert found["shop.id"] == [0, 2, 3, 3]
    spread = math.sqrt(8 / 3)  # the standard deviation of 2, 4, 6
    assert found["scaled.number"] == pytest.approx([-2 / spread, 0, 2 / spread, 0])
    assert found["ranged_20__28_0_2f_1_29_.number"] == pytest.approx([0, 0.5, 1, -0.5])
    assert found["plain.number"] == [2, 4, 6, -1]
    assert found["__bucketed.bucket"] == [0, 1, 1, 1]
    assert found["the_2f_colour.id"] == [0, 0, 1, 2]
    assert found["the__colour.id"] == [0, 0, 1, 1]
    assert found["member.id"] == [0, 1, 1, 2]
    assert found["at.hour_sin"] == pytest.approx([1, -1, 0, 0], abs=1e-6)
    assert found["at.hour_cos"] == pytest.approx([0, 0, 1, 0], abs=1e-6)
    assert found["at.year"] == pytest.approx([-math.sqrt(1.5), math.sqrt(1.5), 0, 0])
    assert found["label"] == [1, 1, 1, 1]


def test_words_are_what_letters_and_digits_make_whatever_their_case(transformed):
    good, grösse, other = 1, 2, 3
    assert transformed["review.words"].tolist() == [[good, good, grösse], [grösse, good, other], [0, 0, 0], [0, 0, 0]]


def test_images_are_numbers_from_0_to_1(transformed):
    grey, row, red, missing = np.array(transformed["photo.image"])
    assert grey == pytest.approx(np.full((2, 2, 3), 0x33 / 255))
    assert row[0] == pytest.approx(row[1])
    assert (row[:, 0] < 0.5).all()
    assert (row[:, 1] > 0.5).all()
    assert red[0, 0] == pytest.approx([1, 0, 0], abs=0.02)
    assert (missing == 0).all()
    assert np.array(transformed["pixels.image"])[:, 0, :, 0].tolist() == [[0, 1], [0.25, 0.5], [1, 0], [0, 0]]


def test_steps_are_scaled_by_those_that_are_there_and_padded(transformed):
    first, second = math.sqrt(8 / 3), math.sqrt(200 / 3)  # the standard deviations of 1, 3, 5 and 10, 30, 20
    assert transformed["past.mask"].tolist() == [[1, 0], [1, 1], [0, 0], [0, 0]]
    scaled = [[-2 / first, -10 / second], [0, 0], [0, 10 / second], [2 / first, 0], *[[0, 0]] * 4]
    assert np.array(transformed["past.steps"]).reshape(8, 2) == pytest.approx(np.array(scaled), abs=1e-5)


def test_ids_begin_after_padding(transformed):
    other = 6
    assert transformed["clicks.ids"].tolist() == [[1, 5, 0], [other, other, 4], [0, 0, 0], [0, 0, 0]]


def test_what_transform_makes_is_what_the_model_takes(transformed):
    for column in columns(FEATURES, SIZES):
        tensor = column.input()
        assert isinstance(tensor, keras.KerasTensor)
        rows = np.array(transformed[column.name])
        assert rows.shape[1:] == tensor.shape[1:]
        assert rows.dtype.kind == ("i" if tensor.dtype == "int64" else "f")
