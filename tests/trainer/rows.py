"""Four training rows with a column of every kind, the last of which holds next to nothing."""

import calendar
import math
import re

import tensorflow as tf

from configs.samples.datasets import encode_png
from configs.schema.features import Boolean, Categorical, Image, Numeric, Steps, Timestamp, Words
from trainer.features.cells import find_type

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
NUMBERS = [[2.0], [4.0], [6.0], []]
COLOURS = [[b"red"], [b"red"], [b"blue"], []]
# A grey square, a row of black and white, and one that is not there; and a JPEG of red, made by TensorFlow.
PHOTOS = [[encode_png([b"\x33\x33"] * 2)], [encode_png([b"\0\xff"])], [tf.io.encode_jpeg([[[255, 0, 0]]]).numpy()], []]
STEPS = [[1.0, 10.0], [3.0, 30.0, 5.0, 20.0, 99.0, 99.0], [], []]
TEXTS = [["Good, GOOD größe!"], ["größe: good-for-nothing"], ["?!"], []]


def seconds(text):
    """A moment in UTC, as seconds since 1970."""
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


def type_of(name):
    """The type of a column's cells."""
    return find_type(FEATURES[name]) if name in FEATURES else tf.int64


def parse(rows):
    """The rows as they are parsed from tf.Examples."""
    return {
        name: tf.ragged.constant([row[name] for row in rows], type_of(name), ragged_rank=1).to_sparse()
        for name in rows[0]
    }


def as_example(row):
    """A row as a serialized tf.Example."""
    example = tf.train.Example()
    for name, values in row.items():
        kind = {tf.string: "bytes_list", tf.int64: "int64_list"}.get(type_of(name), "float_list")
        getattr(example.features.feature[name], kind).value.extend(values)
    return example.SerializeToString()
