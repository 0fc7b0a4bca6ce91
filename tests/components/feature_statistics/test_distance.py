"""Distances between two lots of a column, as TFDV's statistics hold them."""

import re

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from scipy.stats import ks_2samp

from components.feature_statistics.distance import allow_for_chance, compare, distance, numbers, share_missing

OPTIONS = tfdv.StatsOptions(num_quantiles_histogram_buckets=100)


def statistics(**columns):
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns), OPTIONS)


def column(values):
    [found] = statistics(column=values).datasets[0].features
    return found


def miles(values):
    return numbers(statistics(miles=np.asarray(values, "float64")))["miles"]


def test_small_samples_may_differ_by_chance():
    assert allow_for_chance(0.3, 120, 120) == 0.3
    assert allow_for_chance(0.1, 120, 120) == 0.25
    assert allow_for_chance(0.3, 12, 120) == 0.59
    assert allow_for_chance(None, 120, 120) is None


def test_the_distance_is_that_of_kolmogorov_and_smirnov():
    usual = miles(np.linspace(0, 10, 1000))
    assert distance(usual, usual) == pytest.approx(0, abs=0.01)
    assert distance(usual, miles(np.linspace(5, 15, 1000))) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("rows", [(184, 59), (1000, 100), (40, 20)])
def test_the_distance_knows_values_that_many_rows_have(rows):
    random = np.random.default_rng(rows)
    ties = random.uniform(2, 4, 30).round(2)
    one, other = (
        np.where(random.random(count) < 0.6, random.choice([2.0, 3.0, 4.0], count), random.choice(ties, count))
        for count in rows
    )
    assert distance(miles(one), miles(other)) == pytest.approx(ks_2samp(one, other).statistic, abs=0.02)


def test_a_single_far_value_is_no_distance():
    rows = np.random.default_rng(1).exponential(size=1000)
    assert distance(miles(rows), miles([*rows[1:], 1e5])) < 0.05


def test_the_distance_of_texts_is_tfdv_s():
    random = np.random.default_rng(2)
    one, other = (
        statistics(place=random.choice(list("abcd"), 500, p=shares))
        for shares in ([0.4, 0.3, 0.2, 0.1], [0.1, 0.3, 0.2, 0.4])
    )
    schema = tfdv.infer_schema(one)
    tfdv.get_feature(schema, "place").drift_comparator.infinity_norm.threshold = 0.01
    [info] = tfdv.validate_statistics(other, schema, previous_statistics=one).anomaly_info.values()
    told = float(re.search(r"is ([0-9.]+) \(up to", info.description)[1])
    assert compare(other.datasets[0].features[0], one.datasets[0].features[0]) == pytest.approx(told, abs=1e-6)


def test_rows_that_lost_their_values_are_far_from_those_that_had_them():
    usual, gone = column(["a", "b"] * 50), column(["a", "b"] * 20 + [None] * 60)
    assert (share_missing(usual), share_missing(gone)) == (0, 0.6)
    assert compare(usual, gone) == pytest.approx(0.6)
    assert compare(column([1.0, 2.0] * 50), column([1.0] * 50 + [2.0] * 50)) == 0


def test_numbers_and_texts_cannot_be_compared():
    assert compare(column(["a", "b"]), column([1.0, 2.0])) is None
