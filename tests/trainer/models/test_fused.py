"""What three encoders see together, and what is lost without one of them: configs/signals_fused.yaml without Beam."""

import base64
import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.repository import ROOT
from configs.samples.catalog import resolve
from tests.trainer.conftest import LABELS
from tests.trainer.models.test_families import COLUMNS, OPTIONS
from trainer.features.transforms import NUMBERS, columns
from trainer.models.families import build
from trainer.models.fused import build as fuse
from trainer.settings import Settings
from trainer.training.fit import fit

CONFIG = load(ROOT / "configs" / "signals_fused.yaml")


def read():
    """The columns of the sample as Transform would make them, and the labels."""
    [file] = resolve(CONFIG.data.path).iterdir()
    rows = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    photos = [tf.io.decode_png(base64.b64decode(row["photo"])).numpy() for row in rows]
    texts = [row["review"].split() for row in rows]
    ids = {word: number for number, word in enumerate(sorted({word for text in texts for word in text}), 1)}
    reading = np.array([[float(row["reading"])] for row in rows], "float32")
    table = {
        "photo.image": np.stack(photos).astype("float32") / 255,
        "review.words": np.array([[ids[word] for word in text] for text in texts]),
        NUMBERS: (reading - reading.mean()) / reading.std(),
    }
    return table, np.array([[float(row["most"])] for row in rows], "float32")


def learn(*missing):
    """The accuracy on the last fifth of the rows of a model that sees all features but these."""
    table, label = read()
    features = {name: feature for name, feature in CONFIG.features.items() if name not in missing}
    encoders = {name: each for name, each in CONFIG.model.encoders.items() if name not in missing}
    model = CONFIG.model.model_copy(update={"encoders": encoders})
    settings = Settings(features=features, label=CONFIG.label, model=model, training=CONFIG.training)
    keras.utils.set_random_seed(CONFIG.training.seed)
    network = build(settings, columns(features, {"review": 50}))
    table = {name: table[name] for name in network.input}
    parts = np.split(np.random.default_rng(0).permutation(len(label)), [2100, 2400])
    train, judge, test = (({name: cells[part] for name, cells in table.items()}, label[part]) for part in parts)
    rows, watched = (tf.data.Dataset.from_tensor_slices(each).batch(64) for each in (train, judge))
    fit(network, rows, watched, CONFIG.training, "binary")
    return float(((network.predict(test[0], verbose=0) > 0.5) == test[1]).mean())


def test_an_encoder_of_nothing_is_named():
    with pytest.raises(ConfigError, match=r"model.encoders.photo"):
        fuse(OPTIONS["fused"], LABELS["binary"], [column for column in COLUMNS if column.name != "photo"])


@pytest.mark.full
def test_three_signals_tell_more_than_any_two():
    assert learn() >= 0.96
    for missing in CONFIG.features:
        assert 0.6 <= learn(missing) <= 0.88
