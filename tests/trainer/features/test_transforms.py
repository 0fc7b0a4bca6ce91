"""Each feature kind, through Transform itself: learnt on training rows, applied to others."""

import calendar
import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from configs.samples.datasets import encode_png
from configs.schema.config import Label
from configs.schema.features import Boolean, Categorical, Image, Numeric, Steps, Timestamp, Words
from trainer.features.preprocessing_fn import preprocessing_fn
from trainer.features.transforms import Column, columns, dense, escape, name_column, transform
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
    "grown": Numeric(kind="numeric", scale="log"),
    "hashed": Categorical(kind="categorical", hash=100),
    "shop": Categorical(kind="categorical", ids=3),
    "photo": Image(kind="image", height=2, width=2, channels=3),
    "pixels": Image(kind="image", height=1, width=2, channels=1, columns=("a", "b"), maximum=4.0),
    "past": Steps(kind="sequence", length=2, width=2),
    "clicks": Steps(kind="sequence", length=3, ids=5),
}
CIRCLES = Timestamp(kind="timestamp", parts=("hour", "day_of_week", "day", "month"))
TYPES = {
    **dict.fromkeys(("the/colour", "the_colour", "review", "hashed", "photo"), tf.string),
    **dict.fromkeys(("member", "at", "shop", "clicks"), tf.int64),
}
NUMBERS = [[2.0], [4.0], [6.0], []]
COLOURS = [[b"red"], [b"red"], [b"blue"], []]
# A grey square, a row of black and white, and one that is not there; and a JPEG of red, made by TensorFlow.
PHOTOS = [[encode_png([b"\x33\x33"] * 2)], [encode_png([b"\0\xff"])], [tf.io.encode_jpeg([[[255, 0, 0]]]).numpy()], []]
STEPS = [[1.0, 10.0], [3.0, 30.0, 5.0, 20.0, 99.0, 99.0], [], []]
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
        "grown": [math.expm1(cell) for cell in number],
        "hashed": colour,
        "shop": shop,
        "photo": photo,
        "pixels": pixels,
        "past": past,
        "clicks": clicks,
        "label": [1],
    }
    for number, colour, member, moment, review, shop, photo, pixels, past, clicks in zip(
        NUMBERS,
        COLOURS,
        [[0], [1], [1], []],
        MOMENTS,
        TEXTS,
        [[0], [2], [3], []],
        PHOTOS,
        [[0.0, 4.0], [1.0, 2.0], [9.0, -1.0], []],
        STEPS,
        [[0, 4], [5, -1, 3, 2], [], []],
        strict=True,
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
        Column("grown.number"),
        Column("hashed.id", 100),
        Column("shop.id", 4),
        Column("photo.image", shape=(2, 2, 3)),
        Column("pixels.image", shape=(1, 2, 1)),
        Column("past.steps", shape=(2, 2)),
        Column("past.mask", length=2, mask_of="past.steps"),
        Column("clicks.ids", 7, 3),
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


@pytest.mark.slow
def test_words_are_what_letters_and_digits_make_whatever_their_case(transformed):
    good, grösse, other = 1, 2, 3
    assert transformed["review.words"] == [[good, good, grösse], [grösse, good, other], [0, 0, 0], [0, 0, 0]]


@pytest.mark.slow
def test_images_are_numbers_from_0_to_1(transformed):
    grey, row, red, missing = np.array(transformed["photo.image"])
    assert grey == pytest.approx(np.full((2, 2, 3), 0x33 / 255))
    assert row[0] == pytest.approx(row[1])
    assert (row[:, 0] < 0.5).all()
    assert (row[:, 1] > 0.5).all()
    assert red[0, 0] == pytest.approx([1, 0, 0], abs=0.02)
    assert (missing == 0).all()
    assert np.array(transformed["pixels.image"])[:, 0, :, 0].tolist() == [[0, 1], [0.25, 0.5], [1, 0], [0, 0]]


@pytest.mark.slow
def test_steps_are_scaled_by_those_that_are_there_and_padded(transformed):
    first, second = math.sqrt(8 / 3), math.sqrt(200 / 3)  # the standard deviations of 1, 3, 5 and 10, 30, 20
    assert transformed["past.mask"] == [[1, 0], [1, 1], [0, 0], [0, 0]]
    scaled = [[-2 / first, -10 / second], [0, 0], [0, 10 / second], [2 / first, 0], *[[0, 0]] * 4]
    assert np.array(transformed["past.steps"]).reshape(8, 2) == pytest.approx(np.array(scaled), abs=1e-5)


@pytest.mark.slow
def test_ids_begin_after_padding(transformed):
    other = 6
    assert transformed["clicks.ids"] == [[1, 5, 0], [other, other, 4], [0, 0, 0], [0, 0, 0]]


@pytest.mark.slow
def test_what_transform_makes_is_what_the_model_takes(transformed):
    sizes = {"the_2f_colour": 2, "the__colour": 1, "review": 2}
    for column in columns(FEATURES, sizes.__getitem__):
        tensor = column.input()
        assert isinstance(tensor, keras.KerasTensor)
        rows = np.array(transformed[column.name])
        assert rows.shape[1:] == tensor.shape[1:]
        assert rows.dtype.kind == ("i" if tensor.dtype == "int64" else "f")
