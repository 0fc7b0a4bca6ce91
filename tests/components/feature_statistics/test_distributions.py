"""What is told of a distribution is what the rows have."""

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv

from components.feature_statistics.distance import distance, numbers
from components.feature_statistics.distributions import BINS, LENGTH, VALUES, describe, measure_drift
from tests.components.trips import OPTIONS, statistics


def tell(company, miles, **others):
    return describe({"train": statistics(company, miles), **others})


def test_numbers_are_counted_in_bins_that_are_alike_in_all_splits(usual):
    random = np.random.default_rng(3)
    rows = random.exponential(size=1000)
    rows[0] = 1e6
    told = tell(["Blue"] * 1000, rows, test=usual)["miles"]
    edges = np.array(told["edges"])
    assert len(edges) == BINS + 1
    assert edges[-1] < 10, "a single far value does not stretch the bins"
    for split, values in (("train", rows), ("test", np.linspace(0, 10, 1000))):
        counted = np.histogram(values, [-np.inf, *edges[1:-1], np.inf])[0] / len(values)
        assert told["shares"][split] == pytest.approx(counted, abs=0.015)
    assert told["mean"] == pytest.approx(rows.mean())
    assert told["median"] == pytest.approx(np.median(rows), rel=0.05)
    assert told["unique"] is None
    assert told["quantiles"] == pytest.approx(np.quantile(rows, [0.05, 0.25, 0.5, 0.75, 0.95]), abs=0.06)


def test_few_numbers_are_told_by_value():
    told = tell(["Blue"] * 1000, [0.0] * 770 + [1.0] * 230)["miles"]
    assert told["values"] == ["0", "1"]
    assert told["shares"] == {"train": pytest.approx([0.77, 0.23], abs=0.005)}
    assert tell(["Blue"] * 9, [7.5] * 9)["miles"]["shares"] == {"train": [1.0]}
    classes = tell(["Blue"] * 1000, np.arange(1000) % 10)["miles"]
    assert classes["values"] == list("0123456789")
    assert classes["shares"]["train"] == pytest.approx([0.1] * 10, abs=0.011)


def test_texts_are_told_by_their_most_frequent_values():
    companies = [f"{'x' * 50}{index}" for index in range(12) for _ in range(12 - index)]
    other = statistics(["new"] * 10, range(10))
    told = tell(companies, range(len(companies)), test=other)["company"]
    assert len(told["values"]) == VALUES
    assert told["values"][0] == f"{'x' * (LENGTH - 1)}…"
    assert told["shares"]["train"] == pytest.approx([(12 - index) / 78 for index in range(VALUES)], abs=1e-4)
    assert told["shares"]["test"] == [0.0] * VALUES
    assert (told["unique"], told["mean"], told["median"]) == (12, None, None)


def test_texts_of_which_each_is_another_have_no_values():
    assert "values" not in tell([f"key {index}" for index in range(50)], range(50))["company"]


def test_missing_values_are_counted_in_each_split(usual):
    told = tell(["Blue", None, None, "Red"], [1.0, None, 2.0, 3.0], test=usual)
    assert told["company"]["missing_by_split"] == {"train": 2, "test": 0}
    assert told["miles"]["missing"] == 1


def test_a_column_without_any_number_has_no_distribution():
    told = tell(["Blue"] * 3, [None] * 3)["miles"]
    assert told["missing"] == 3
    assert "shares" not in told


def test_columns_are_compared_as_the_gate_and_tfdv_compare_them(usual):
    other = statistics(["Blue"] * 700 + ["Red"] * 200 + ["New"] * 100, np.linspace(5, 15, 1000))
    gaps = measure_drift(usual, other)
    assert gaps["miles"] == distance(numbers(usual)["miles"], numbers(other)["miles"])
    schema = tfdv.infer_schema(usual)
    tfdv.get_feature(schema, "company").drift_comparator.infinity_norm.threshold = 0.01
    found = tfdv.validate_statistics(usual, schema, previous_statistics=other)
    [measured] = [info for info in found.drift_skew_info if info.path.step[0] == "company"]
    assert gaps["company"] == pytest.approx(measured.drift_measurements[0].value) == pytest.approx(0.3)


def test_columns_that_one_side_lacks_are_not_compared(usual):
    frame = pd.DataFrame({"miles": [None, None], "other": ["a", "b"]})
    assert measure_drift(usual, tfdv.generate_statistics_from_dataframe(frame, OPTIONS)) == {}
