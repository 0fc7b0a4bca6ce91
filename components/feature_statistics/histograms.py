"""The histograms that TFDV makes of quantiles, by arrays: its own loops take 40 ms a column, these less than one.

Each function gives what the one of its name gives in `tensorflow_data_validation.utils.quantiles_util`.
"""

import numpy as np
from tensorflow_data_validation.utils import quantiles_util
from tensorflow_metadata.proto.v0.statistics_pb2 import Histogram


def generate_quantiles_histogram(quantiles: np.ndarray, cumulative_counts: np.ndarray) -> Histogram:
    """Return a bucket between each two quantiles."""
    counts = _count_buckets(quantiles, cumulative_counts)
    return _build(Histogram.QUANTILES, quantiles[:-1], quantiles[1:], counts)


def generate_equi_width_histogram(
    quantiles: np.ndarray,
    cumulative_counts: np.ndarray,
    finite_min: float,
    finite_max: float,
    num_buckets: int,
    num_pos_inf: float,
) -> Histogram:
    """Return buckets of equal width between the extremes, the counts between two quantiles spread evenly."""
    if not np.isfinite(float(quantiles[-1]) - float(quantiles[0])):  # which is rare enough for TFDV's loops
        return quantiles_util.generate_equi_width_histogram(
            quantiles, cumulative_counts, finite_min, finite_max, num_buckets, num_pos_inf
        )
    edges = np.linspace(finite_min, finite_max, num_buckets + 1 if finite_min != finite_max else 2)
    counts = _spread(quantiles, _count_buckets(quantiles, cumulative_counts), edges.astype(np.float64))
    return _build(Histogram.STANDARD, edges[:-1], edges[1:], counts)


def _count_buckets(quantiles: np.ndarray, cumulative_counts: np.ndarray) -> np.ndarray:
    """The count between each two quantiles; those with one upper bound share evenly, and the first ones the minimum's.

    One value fills several buckets where it is more frequent than a quantile is wide.
    """
    lows, highs = quantiles[:-1], quantiles[1:]
    if not len(highs):
        return np.zeros(0)
    starts = np.flatnonzero(np.r_[True, highs[1:] != highs[:-1]])
    lengths = np.diff(np.r_[starts, len(highs)])
    counts = np.repeat(np.add.reduceat(np.diff(cumulative_counts.astype(np.float64)), starts) / lengths, lengths)
    other = (lows != lows[0]) | (highs != highs[0])
    first = int(other.argmax()) if other.any() else len(highs)
    counts[:first] += cumulative_counts[0] / first
    return counts


def _spread(quantiles: np.ndarray, counts: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The counts between each two edges, of which the last belongs to the bucket, and of the first bucket both."""
    lows, highs, low, high = quantiles[:-1], quantiles[1:], edges[:-1], edges[1:]
    start = np.maximum(np.searchsorted(lows, low), np.searchsorted(highs, low, "right"))
    start[0] = np.searchsorted(lows, low[0])
    end = np.searchsorted(highs, high, "right")
    total = np.r_[0.0, np.cumsum(counts)]
    whole = total[np.maximum(start, end)] - total[start]
    before, after = np.maximum(start - 1, 0), np.minimum(end, len(counts) - 1)
    left = (start > 0) & (lows[before] < low) & (low < highs[before])
    right = (end < len(counts)) & (low <= lows[after]) & (lows[after] < high)
    widths = np.where(highs > lows, highs - lows, 1)
    left_part = counts[before] * (np.minimum(high, highs[before]) - low) / widths[before]
    right_part = counts[after] * (high - lows[after]) / widths[after]
    return whole + np.where(left, left_part, 0) + np.where(right, right_part, 0)


def _build(kind: "Histogram.HistogramType", lows: np.ndarray, highs: np.ndarray, counts: np.ndarray) -> Histogram:
    buckets = [
        Histogram.Bucket(low_value=low, high_value=high, sample_count=count)
        for low, high, count in zip(lows.tolist(), highs.tolist(), counts.tolist(), strict=True)
    ]
    return Histogram(type=kind, buckets=buckets)
