"""What a column holds, against TFDV's statistics of the same rows."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv

from components.feature_statistics.column_spread import ColumnSpread
from components.feature_statistics.distance import compare, cumulate, share_missing


def spread(*batches):
    found = ColumnSpread()
    for batch in batches:
        found.add(batch)
    return found.describe()


def tfdv_s(values):
    options = tfdv.StatsOptions(num_quantiles_histogram_buckets=100)
    [found] = tfdv.generate_statistics_from_dataframe(pd.DataFrame({"column": values}), options).datasets[0].features
    return found


def test_numbers_are_those_of_tfdv():
    random = np.random.default_rng(0)
    values = np.where(random.random(3000) < 0.2, 5.0, random.normal(5, 2, 3000))
    found, expected = spread(pa.array(values[:1000]), pa.array(values[1000:])), tfdv_s(values)
    assert compare(found, expected) < 0.011  # a percentile
    points = np.linspace(0, 10, 30)
    np.testing.assert_allclose(cumulate(found.num_stats, points), cumulate(expected.num_stats, points), atol=0.011)
    assert compare(spread(pa.array(values + 2)), expected) == pytest.approx(
        compare(tfdv_s(values + 2), expected), abs=0.011
    )


def test_texts_are_those_of_tfdv():
    found = spread(pa.array(["a", "b", None]), pa.array([b"a", b"c", None]))
    assert [(bucket.label, bucket.sample_count) for bucket in found.string_stats.rank_histogram.buckets] == [
        ("a", 2), ("b", 1), ("c", 1),
    ]  # fmt: skip
    assert share_missing(found) == pytest.approx(2 / 6)
    assert compare(found, tfdv_s(["a", "a", "b", "c", None, None])) == 0


def test_lists_are_taken_value_by_value():
    found = spread(pa.array([[1.0, 2.0], None, [3.0]], pa.large_list(pa.float32())))
    assert compare(found, tfdv_s([1.0, 2.0, 3.0])) == pytest.approx(1 / 3)  # of the rows without a list


def test_a_column_without_any_value_is_missing_altogether():
    for cells in (pa.nulls(4), pa.nulls(4, pa.float32()), pa.nulls(4, pa.string())):
        assert share_missing(spread(cells)) == 1
        assert compare(spread(cells), tfdv_s(["a", "b"])) == 1
        assert compare(spread(cells), tfdv_s([1.0, 2.0])) == 1
