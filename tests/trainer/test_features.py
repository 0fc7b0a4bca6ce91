"""Each feature kind, through Transform itself: learnt on training rows, applied to others."""

import calendar
import math
import re

import keras
import pytest
import tensorflow as tf
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from configs.features import Boolean, Categorical, Numeric, Timestamp, Words
from configs.schema import Label
from trainer.features import Column, columns, dense, escape, name_column, transform
from trainer.preprocessing import preprocessing_fn
from trainer.settings import Columns

FEATURES = {
    "scaled": Numeric(kind="numeric"),
    "ranged (0/1)": Numeric(kind="numeric", scale="min_max", impute=0.0),
    "plain": Numeric(kind="numeric", scale="none", impute=-1.0),
    "_bucketed": Numeric(kind="numeric", buckets=2),
    "the/colour": Categorical(kind="categorical", vocabulary=2, oov=1),
    "the_colour": Categorical(kind="categorical", vocabulary=1, oov=1),
    "member": Boolean(kind="boolean"),
    "at": Timestamp(kind="timestamp", parts=("hour", "year")),
    "review": Words(kind="text", vocabulary=2, length=3),
}
CIRCLES = Timestamp(kind="timestamp", parts=("hour", "day_of_week", "day", "month"))
TYPES = {"the/colour": tf.string, "the_colour": tf.string, "review": tf.string, "member": tf.int64, "at": tf.int64}
NUMBERS = [[2.0], [4.0], [6.0], []]
COLOURS = [[b"red"], [b"red"], [b"blue"], []]
TEXTS = [["Good, GOOD größe!"], ["größe: good-for-nothing"], ["?!"], []]


def seconds(text):
    return calendar.timegm(tuple(int(part) for part in re.split(r"\D", text)))


MOMENTS = [[seconds("2022-01-01 06:00:00")], [seconds("2024-02-29 18:00:00")], [seconds("2023-12-31 00:00:00")], []]
TRAINING = [
    {
        **dict.fromkeys(("scaled", "ranged (0/1)", "plain", "_bucketed"), number),
        **dict.fromkeys(("the/colour", "the_colour"), colour),
        "member": member,
        "at": moment,
        "review": [text.encode() for text in review],
        "label": [1],
    }
    for number, colour, member, moment, review in zip(
        NUMBERS, COLOURS, [[0], [1], [1], []], MOMENTS, TEXTS, strict=True
    )
]


def parts_of(*moments):
    """The parts of moments in UTC; None is a missing one."""
    present = [[row, 0] for row, moment in enumerate(moments) if moment]
    values = [seconds(moment) for moment in moments if moment]
    sparse = tf.SparseTensor(present, tf.constant(values, tf.int64), [len(moments), 1])
    parts = transform({"at": CIRCLES}, {"at": sparse})
    return {name.removeprefix("at."): pytest.approx(tensor.numpy()[:, 0], abs=1e-4) for name, tensor in parts.items()}


def test_dense_puts_what_is_missing_in_place():
    values = tf.sparse.from_dense([[3.0], [0.0]])
    assert dense(values, -1.0).numpy().tolist() == [[3.0], [-1.0]]


def test_columns_are_sized_by_what_the_vocabularies_hold():
    sizes = {"the_2f_colour": 2, "the__colour": 1, "review": 2}
    assert columns(FEATURES, vocabulary_size=sizes.__getitem__) == [
        Column("scaled.number"),
        Column("ranged_20__28_0_2f_1_29_.number"),
        Column("plain.number"),
        Column("__bucketed.bucket", 2),
        Column("the_2f_colour.id", 3),
        Column("the__colour.id", 2),
        Column("member.id", 3),
        Column("at.hour_sin"),
        Column("at.hour_cos"),
        Column("at.year"),
        Column("review.words", 4, 3),
    ]


@pytest.mark.parametrize("name", ["od280/od315", "größe (cm)", "a\nb", "_", "", "%2F", "-", "日付"])
def test_a_column_may_bear_any_name(name):
    column = Column(name_column(name, "id"), 3)
    assert column.input().name == column.name == f"{escape(name)}.id"
    assert re.fullmatch(r"\w*", escape(name))


def test_no_two_names_become_one():
    names = ["a b", "a_b", "a_20_b", "a__b", "a_b_", "a__20_b", "a/b", "A b"]
    assert len({escape(name) for name in names}) == len(names)


def test_the_parts_of_a_moment_lie_on_circles():
    parts = parts_of("2024-02-29 06:00:00", "1969-12-31 23:59:59", None)
    assert (parts["hour_sin"], parts["hour_cos"]) == ([1, 0, 0], [0, 1, 0])
    thursday, wednesday = 2 * math.pi * 3 / 7, 2 * math.pi * 2 / 7
    assert parts["day_of_week_sin"] == [math.sin(thursday), math.sin(wednesday), 0]
    assert parts["day_cos"] == [math.cos(2 * math.pi * 28 / 31), math.cos(2 * math.pi * 30 / 31), 0]
    assert parts["month_sin"] == [0.5, -0.5, 0]
    assert parts["month_cos"] == [math.sqrt(0.75), math.sqrt(0.75), 0]


@pytest.mark.parametrize("date", ["1600-02-29", "1900-03-01", "2000-02-29", "2024-12-31", "2100-02-28"])
def test_a_date_is_that_of_the_calendar(date):
    _, month, day = (int(part) for part in date.split("-"))
    parts = parts_of(f"{date} 12:00:00")
    assert parts["month_sin"] == [math.sin(2 * math.pi * (month - 1) / 12)]
    assert parts["day_sin"] == [math.sin(2 * math.pi * (day - 1) / 31)]
    weekday = calendar.weekday(*(int(part) for part in date.split("-")))
    assert parts["day_of_week_cos"] == [math.cos(2 * math.pi * weekday / 7)]


@pytest.fixture(scope="module")
def transformed(tmp_path_factory):
    """The columns of the training rows, as lists by name."""
    spec = {name: tf.io.VarLenFeature(TYPES.get(name, tf.float32)) for name in FEATURES}
    spec["label"] = tf.io.VarLenFeature(tf.int64)
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    settings = Columns(features=FEATURES, label=Label(name="label", kind="binary")).model_dump_json()
    with tft_beam.Context(str(tmp_path_factory.mktemp("transform"))):
        (rows, _), _ = (TRAINING, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: preprocessing_fn(inputs, {"columns": settings})
        )
    return {name: [row[name].tolist() for row in rows] for name in rows[0]}


@pytest.mark.slow
def test_every_kind_learns_from_the_training_rows(transformed):
    found = {name: [row[0] for row in rows] for name, rows in transformed.items() if name != "review.words"}
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


@pytest.mark.slow
def test_words_are_what_letters_and_digits_make_whatever_their_case(transformed):
    good, grösse, other = 1, 2, 3
    assert transformed["review.words"] == [[good, good, grösse], [grösse, good, other], [0, 0, 0], [0, 0, 0]]


@pytest.mark.slow
def test_what_transform_makes_is_what_the_model_takes(transformed):
    sizes = {"the_2f_colour": 2, "the__colour": 1, "review": 2}
    for column in columns(FEATURES, sizes.__getitem__):
        tensor = column.input()
        assert isinstance(tensor, keras.KerasTensor)
        assert {len(row) for row in transformed[column.name]} == {tensor.shape[1]}
        assert {type(cell) for row in transformed[column.name] for cell in row} == {int if column.size else float}
