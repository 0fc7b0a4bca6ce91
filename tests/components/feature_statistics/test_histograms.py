"""The histograms are those that TFDV's loops make."""

import numpy as np
import pyarrow as pa
import pytest
from tensorflow_data_validation.utils import quantiles_util
from tfx_bsl import sketches

from components.feature_statistics import histograms

RANDOM = np.random.default_rng(1)
VALUES = {
    "normal": RANDOM.normal(size=3000),
    "few": np.array([1.0, 2.0, 4.0]),
    "one": np.array([3.0]),
    "constant": np.full(50, -7.5),
    "ties": RANDOM.integers(0, 4, 500).astype(float),
    "mostly one": np.append(np.zeros(900), RANDOM.normal(size=100)),
    "edges": np.repeat(np.arange(11.0), 7),  # each value is an edge of a bucket
    "wide": RANDOM.lognormal(sigma=4, size=1000),
    "far": np.array([-1e308, 0.0, 1e308]),  # too far from one another for equal widths
    "infinite": np.array([-np.inf, -np.inf, 1.0, 2.0, 3.0, np.inf]),
    "only infinite": np.array([np.inf, np.inf]),
}


@pytest.fixture(params=VALUES)
def column(request):
    """Values, with their quantiles and cumulative counts."""
    values = VALUES[request.param]
    sketch = sketches.QuantilesSketch(0.01, 1 << 32, 1)
    sketch.AddValues(pa.array(values))
    return values, *(part.flatten().to_numpy() for part in sketch.GetQuantilesAndCumulativeWeights(1000))


def rows(histogram):
    """The buckets as numbers."""
    return [(bucket.low_value, bucket.high_value, bucket.sample_count) for bucket in histogram.buckets]


def test_quantiles(column):
    _, *pair = column
    made, stock = histograms.generate_quantiles_histogram(*pair), quantiles_util.generate_quantiles_histogram(*pair)
    assert made.type == stock.type
    np.testing.assert_allclose(rows(made), rows(stock), rtol=1e-12)


@pytest.mark.parametrize("buckets", [1, 7, 10])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_equal_widths(column, buckets):
    values, *pair = column
    finite = values[np.isfinite(values)]
    extremes = (finite.min(), finite.max()) if len(finite) else (np.inf, -np.inf)
    arguments = (*pair, *extremes, buckets, float(np.isposinf(values).sum()))
    made = histograms.generate_equi_width_histogram(*arguments)
    stock = quantiles_util.generate_equi_width_histogram(*arguments)
    assert made.type == stock.type
    assert len(made.buckets) == len(stock.buckets)
    if made.buckets:
        np.testing.assert_allclose(rows(made), rows(stock), rtol=1e-9, atol=1e-9)
