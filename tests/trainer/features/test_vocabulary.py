"""Vocabularies learnt all at once are those that TFX Transform learns one by one."""

import random

import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam

from trainer.features.vocabulary import NONE, learn

SIZES = {"letter": 3, "word": 1000, "nothing": 5}
METADATA = tft.DatasetMetadata.from_feature_spec(dict.fromkeys(SIZES, tf.io.VarLenFeature(tf.string)))
WORDS = ["größe", "two words", " ", "tab\t", "CASE", "case", "1", "01", *(f"word{number}" for number in range(40))]


def rows(count=500):
    chance = random.Random(3)
    for _ in range(count):
        words = chance.choices([*WORDS, "", "two\nlines", "two\rlines"], k=chance.randrange(4))
        yield {"letter": [chance.choice("aabbccdde")], "word": [word.encode() for word in words], "nothing": []}


def analyse(preprocess, folder):
    with tft_beam.Context(temp_dir=str(folder / "temporary"), desired_batch_size=64):
        learnt = (list(rows()), METADATA) | tft_beam.AnalyzeDataset(preprocess)
        _ = learnt | tft_beam.WriteTransformFn(str(folder / "graph"))
    output = tft.TFTransformOutput(str(folder / "graph"))
    return {name: output.vocabulary_by_name(name) for name in SIZES}


def together(inputs):
    paths = learn(SIZES, {name: inputs[name].values for name in SIZES})
    return {name: tft.apply_vocabulary(inputs[name], paths[name]) for name in SIZES}


def one_by_one(inputs):
    return {
        name: tft.compute_and_apply_vocabulary(inputs[name], top_k=size, vocab_filename=name)
        for name, size in SIZES.items()
    }


@pytest.mark.slow
def test_they_hold_the_same_values_in_the_same_order(tmp_path):
    learnt, known = analyse(together, tmp_path / "together"), analyse(one_by_one, tmp_path / "one_by_one")
    assert learnt["letter"] == known["letter"]
    assert learnt["word"] == known["word"]
    assert [len(learnt["letter"]), len(learnt["word"])] == [3, len(WORDS)]


@pytest.mark.slow
def test_one_that_found_no_value_holds_what_no_cell_can(tmp_path):
    assert analyse(together, tmp_path)["nothing"] == [NONE]


def test_there_may_be_none():
    assert learn({}, {}) == {}
