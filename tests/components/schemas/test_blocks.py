"""What breaks a rule is found whichever block its column is in."""

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from components.schemas import blocks
from components.schemas.blocks import validate_statistics


def describe(**columns):
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns))


COUNT = 7
WORDS = {f"word {index}": ["a", "b"] * 50 for index in range(COUNT)}
NUMBERS = {f"number {index}": np.arange(100.0) for index in range(COUNT)}
USUAL = describe(**WORDS, **NUMBERS)
ODD = describe(
    **WORDS | {"word 1": ["a"] * 90 + ["b"] * 10, "word 6": ["c"] * 100},
    **{name: numbers for name, numbers in NUMBERS.items() if name != "number 3"} | {"number 5": ["x"] * 100},
    new=["y"] * 100,
)


def rules():
    schema = tfdv.infer_schema(USUAL, infer_feature_shape=False)
    for feature in schema.feature:
        feature.skew_comparator.infinity_norm.threshold = 0.1
    return schema


@pytest.mark.parametrize("size", [1, 2, 5, 14, 15, 100])
@pytest.mark.parametrize("other", [USUAL, None])
def test_the_anomalies_are_those_of_tfdv(monkeypatch, size, other):
    monkeypatch.setattr(blocks, "COLUMNS", size)
    expected = tfdv.validate_statistics(ODD, rules(), serving_statistics=other).anomaly_info
    found = dict(validate_statistics(ODD, rules(), serving_statistics=other))
    assert found == dict(expected)
    assert {"word 6", "number 3", "number 5", "new"} <= found.keys()
    assert ("word 1" in found) == (other is not None)


def test_columns_that_are_spoken_of_together_stay_together(monkeypatch):
    monkeypatch.setattr(blocks, "COLUMNS", 1)
    schema = rules()
    schema.weighted_feature.append(
        schema_pb2.WeightedFeature(name="weighed", feature={"step": ["word 0"]}, weight_feature={"step": ["number 6"]})
    )
    expected = tfdv.validate_statistics(ODD, schema).anomaly_info
    assert dict(validate_statistics(ODD, schema)) == dict(expected)
