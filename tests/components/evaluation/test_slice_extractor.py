"""How the rows of a batch are sliced."""

import math

import apache_beam as beam
import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.testing.util import assert_that
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors.unbatch_extractor import UNBATCH_EXTRACTOR_STAGE_NAME
from tensorflow_model_analysis.proto.config_pb2 import EvalConfig, ModelSpec, SlicingSpec

from components.evaluation import slice_extractor
from components.evaluation.eval_config import eval_config
from components.evaluation.predictions import kept, read_predictions
from components.evaluation.slice_extractor import custom_extractors, find_slices, tabulate, take_slices
from tests.components.evaluation.test_eval_config import config_of

SLICES = [
    SlicingSpec(),
    SlicingSpec(feature_keys=["hour"]),
    SlicingSpec(feature_keys=["hour", "company"]),
]
BATCH = {
    "features": {
        "hour": np.array([[7], [8], [7]]),
        "company": np.array([[b"Sun"], [b"Sun"], [b"Moon"]], object),
        "fare": np.array([[1.0], [2.0], [3.0]]),
    },
    "labels": np.array([[1], [0], [0]]),
    "predictions": {"prediction": np.array([[0.9], [0.2], [0.6]])},
    "example_weights": np.array([[1.0], [2.0], [3.0]]),
}


def sliced(batch, several=False, slices=SLICES):
    """The elements of a batch by their slice."""
    found = take_slices(batch, find_slices(batch, slices, several))
    return {element[constants.SLICE_KEY_TYPES_KEY][0]: element for element in found}


def test_batches_stay_whole_until_they_are_sliced():
    config = EvalConfig(model_specs=[ModelSpec(label_key="label")], slicing_specs=SLICES)
    stages = [extractor.stage_name for extractor in custom_extractors(None, config, None)]
    stock = [extractor.stage_name for extractor in tfma.default_extractors(eval_config=config)]
    *whole, unbatch, slice_rows = stock
    assert unbatch == UNBATCH_EXTRACTOR_STAGE_NAME
    assert stages == [*whole, slice_rows]  # the name by which TFMA looks for what it measures


def test_each_slice_has_the_labels_answers_and_weights_of_its_rows():
    found = sliced(BATCH)
    assert found.keys() == {
        (),
        (("hour", 7),),
        (("hour", 8),),
        (("company", "Sun"), ("hour", 7)),
        (("company", "Sun"), ("hour", 8)),
        (("company", "Moon"), ("hour", 7)),
    }
    seven = found[(("hour", 7),)]
    assert seven.keys() == {"labels", "predictions", "example_weights", constants.SLICE_KEY_TYPES_KEY}
    np.testing.assert_array_equal(seven["labels"], [[1], [0]])
    np.testing.assert_array_equal(seven["predictions"]["prediction"], [[0.9], [0.6]])
    np.testing.assert_array_equal(seven["example_weights"], [[1.0], [3.0]])
    np.testing.assert_array_equal(found[()]["labels"], BATCH["labels"])


def test_the_rows_are_kept_with_the_answers_of_each_model_and_their_slices():
    answers = {"candidate": BATCH["predictions"], "baseline": {"prediction": BATCH["predictions"]["prediction"] / 2}}
    batch = BATCH | {"predictions": answers}
    table = tabulate(batch, find_slices(batch, SLICES, True), True)
    assert table.schema.names == ["priority", "label", "candidate", "baseline", "weight", "slices"]
    columns = {name: column.to_pylist() for name, column in zip(table.schema.names, table.columns, strict=True)}
    assert columns["label"] == [[1], [0], [0]]
    assert columns["candidate"] == [[0.9], [0.2], [0.6]]
    assert columns["baseline"] == [[0.45], [0.1], [0.3]]
    assert columns["weight"] == [1, 2, 3]
    assert [set(names) for names in columns["slices"]] == [
        {"hour=7", "company=Sun, hour=7"},
        {"hour=8", "company=Sun, hour=8"},
        {"hour=7", "company=Moon, hour=7"},
    ]
    unweighed = {key: value for key, value in BATCH.items() if key != "example_weights"}
    alone = tabulate(unweighed, find_slices(BATCH, [], False), False)
    assert alone.schema.names == ["priority", "label", "candidate", "weight", "slices"]
    assert alone.column(3).to_pylist() == [1, 1, 1]


def test_without_slices_all_rows_are_one():
    for none in ([], [SlicingSpec()]):
        found = sliced(BATCH, slices=none)
        assert found.keys() == {()}
        np.testing.assert_array_equal(found[()]["labels"], BATCH["labels"])


def test_a_column_is_looked_for_first_in_what_transform_made_of_it():
    made = {"hour": np.array([[0], [1], [0]])}
    keys = {(("hour", 0),), (("hour", 1),)}
    assert keys < sliced(BATCH | {"transformed_features": made}).keys()
    by_model = {"candidate": made, "baseline": made}
    answers = {name: BATCH["predictions"] for name in by_model}
    found = sliced(BATCH | {"transformed_features": by_model, "predictions": answers}, several=True)
    assert keys < found.keys()
    np.testing.assert_array_equal(found[(("hour", 1),)]["predictions"]["baseline"]["prediction"], [[0.2]])


@pytest.mark.slow
def test_tfma_measures_the_slices_over_all_batches_which_are_found_once(tmp_path, monkeypatch):
    config, sought = eval_config(config_of(slices=((), ("hour",)), weight="fare")), []
    monkeypatch.setattr(slice_extractor, "find_slices", lambda *given: sought.append(1) or find_slices(*given))
    with kept(str(tmp_path)):
        [*_, extractor] = custom_extractors(None, config, None)

    def check(measured):
        found = {key: {metric.name: value for metric, value in metrics.items()} for key, metrics in measured}
        assert {key: metrics["example_count"] for key, metrics in found.items()} == {
            (): 6,
            (("hour", 7),): 4,
            (("hour", 8),): 2,
        }
        assert found[()]["accuracy"] == pytest.approx((1 + 2) / 6)
        assert found[(("hour", 7),)]["accuracy"] == pytest.approx(1 / 4)
        assert found[()]["auc"] == 1
        assert math.isnan(found[(("hour", 8),)]["auc"])
        assert found[()]["confusion"].tolist() == [[4, 6], [0, 2]]

    with beam.Pipeline() as pipeline:
        measured = (
            pipeline
            | beam.Create([BATCH, BATCH])
            | extractor.ptransform
            | tfma.evaluators.MetricsPlotsAndValidationsEvaluator(config).ptransform
        )
        assert_that(measured["metrics"], check)
    judging = read_predictions(str(tmp_path))
    assert sorted(judging.slices) == 4 * [["hour=7"]] + 2 * [["hour=8"]]
    assert len(sought) == 2
