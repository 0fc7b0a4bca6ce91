"""Each feature kind, through Transform itself: learnt on training rows, applied to others."""

import math

import pytest
import tensorflow as tf
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from configs.schema import Categorical, Label, Numeric
from trainer.features import Column, columns, dense
from trainer.preprocessing import preprocessing_fn
from trainer.settings import Columns

FEATURES = {
    "scaled": Numeric(kind="numeric"),
    "ranged": Numeric(kind="numeric", scale="min_max", impute=0.0),
    "plain": Numeric(kind="numeric", scale="none", impute=-1.0),
    "bucketed": Numeric(kind="numeric", buckets=2),
    "colour": Categorical(kind="categorical", vocabulary=2, oov=1),
}
NUMBERS = [[2.0], [4.0], [6.0], []]
TRAINING = [
    {"scaled": n, "ranged": n, "plain": n, "bucketed": n, "colour": c, "label": [1]}
    for n, c in zip(NUMBERS, [[b"red"], [b"red"], [b"blue"], []], strict=True)
]


def test_dense_puts_what_is_missing_in_place():
    values = tf.sparse.from_dense([[3.0], [0.0]])
    assert dense(values, -1.0).numpy().tolist() == [[3.0], [-1.0]]


def test_a_column_is_sized_by_what_the_vocabulary_holds():
    found = columns(FEATURES, vocabulary_size=lambda name: {"colour": 2}[name])
    assert found[3:] == [Column("bucketed", 2), Column("colour", 3)]
    assert {column.size for column in found[:3]} == {None}


@pytest.mark.slow
def test_every_kind_learns_from_the_training_rows(tmp_path):
    names = [*FEATURES, "label"]
    kinds = {"colour": tf.string, "label": tf.int64}
    spec = {name: tf.io.VarLenFeature(kinds.get(name, tf.float32)) for name in names}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    settings = Columns(features=FEATURES, label=Label(name="label", kind="binary")).model_dump_json()
    with tft_beam.Context(str(tmp_path)):
        (rows, _), _ = (TRAINING, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: preprocessing_fn(inputs, {"columns": settings})
        )
    found = {name: [row[name].item() for row in rows] for name in names}
    spread = math.sqrt(8 / 3)  # the standard deviation of 2, 4, 6
    assert found["scaled"] == pytest.approx([-2 / spread, 0, 2 / spread, 0])
    assert found["ranged"] == pytest.approx([0, 0.5, 1, -0.5])
    assert found["plain"] == [2, 4, 6, -1]
    assert found["bucketed"] == [0, 1, 1, 1]
    assert found["colour"][:2] == [0, 0]
    assert len({*found["colour"]}) == 3
    assert found["label"] == [1, 1, 1, 1]
