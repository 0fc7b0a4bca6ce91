"""What is private is nowhere in what may be written down, however a client spells it."""

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.config import Config
from pipelines.serving.disclosure import Disclosure, list_rows
from pipelines.serving.prediction_log import Exchange, encode

SECRET = b"ada@mill"
CONFIG = {
    "name": "trips",
    "data": {"format": "csv", "path": "rows.csv", "private": ["e-mail", "pixel_*"]},
    "label": {"name": "tipped", "kind": "binary"},
    "features": {
        "fare": {"kind": "numeric"},
        "größe": {"kind": "categorical", "vocabulary": 9},
        "e-mail": {"kind": "text"},
        "face": {"kind": "image", "height": 1, "width": 2, "channels": 1, "columns": ["pixel_0", "pixel_1"]},
    },
    "model": {"family": "dnn", "hidden_units": [8]},
    "training": {"optimizer": {}, "epochs": 1},
    "evaluation": {"thresholds": {"auc": {"min": 0.5}}},
}
ANSWER = {"prediction": np.array([[0.5]], np.float32)}


def allow(*private):
    return Disclosure.of(Config.model_validate(CONFIG), private)


def write_example(**cells):
    example = tf.train.Example()
    for name, cell in cells.items():
        kind = "bytes_list" if isinstance(cell, bytes) else "float_list"
        getattr(example.features.feature[name], kind).value.append(cell)
    return example.SerializeToString()


def ask(*examples):
    return Exchange("trips", 1, "serving_default", {"examples": np.array(examples, object)}, ANSWER)


def entry(key, value):
    """A key and a value of a map, as bytes."""
    inner = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return b"\x0a" + bytes([len(inner)]) + inner


def wrap(features):
    return b"\x0a" + bytes([len(features)]) + features


TEXT = b"\x0a\x0a\x0a\x08" + SECRET
FARE = b"\x12\x06\x0a\x04\x00\x00\x80\x3f"
SPELLED = {
    "as it is": write_example(**{"fare": 1.0, "e-mail": SECRET}),
    "a column that is no feature": write_example(fare=1.0, nickname=SECRET),
    "features twice": wrap(entry(b"e-mail", TEXT)) + wrap(entry(b"fare", FARE)),
    "a feature twice": wrap(entry(b"e-mail", TEXT) + entry(b"e-mail", FARE) + entry(b"fare", FARE)),
    "value before key": wrap(entry(b"fare", FARE) + b"\x0a\x16\x12\x0c" + TEXT + b"\x0a\x06e-mail"),
    "a field that is unknown": wrap(entry(b"fare", FARE)) + b"\x7a\x08" + SECRET,
    "one within a feature": wrap(entry(b"fare", FARE + b"\x7a\x08" + SECRET)),
}


@pytest.mark.parametrize("name", SPELLED)
def test_a_private_column_is_left_out_of_an_example(name):
    example = SPELLED[name]
    assert SECRET in tf.train.Example.FromString(example).SerializeToString() or name == "a feature twice"
    reduced = allow().reduce(ask(example, example))
    [texts] = reduced.inputs.values()
    assert SECRET not in encode(reduced)
    parsed = tf.io.parse_example(texts.tolist(), {"fare": tf.io.FixedLenFeature([], tf.float32)})
    assert parsed["fare"].numpy().tolist() == [1.0, 1.0]
    assert list_rows(reduced, allow()) == [{"fare": [1.0]}] * 2


def test_a_private_tensor_is_left_out_by_its_own_name():
    inputs = {
        "fare": np.array([1.5, np.nan]),
        "gr__e": np.array([b"L", b""], object),
        "e_mail": np.array([SECRET] * 2, object),
        "face": np.array([[1.0, 2.0]] * 2),
    }
    reduced = allow().reduce(Exchange("trips", 1, "serving_raw", inputs, ANSWER))
    assert reduced.inputs.keys() == {"fare", "gr__e"}
    assert reduced.outputs is ANSWER
    assert list_rows(reduced, allow()) == [{"fare": [1.5], "größe": [b"L"]}, {"fare": [], "größe": []}]
    assert allow("gr*").reduce(reduced).inputs.keys() == {"fare"}


def test_of_a_private_label_no_answer_is_written():
    reduced = allow("tipped").reduce(ask(write_example(fare=1.0)))
    assert (reduced.outputs, len(reduced.inputs["examples"])) == ({}, 1)


def test_what_a_model_made_of_its_features_is_not_written():
    exchange = ask(write_example(fare=1.0))
    made = Exchange(exchange.model, 1, "transform_features", exchange.inputs, {"e-mail.words": np.array([[7]])})
    assert allow().reduce(made) is None
