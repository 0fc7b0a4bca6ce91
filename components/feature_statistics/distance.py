"""How far apart a column's values lie in two lots of rows, by their statistics alone: nothing of TFDV is loaded."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Column: TypeAlias = statistics_pb2.FeatureNameStatistics
CHANCE = 1.95  # Smirnov's, which one time in a thousand exceeds


def allow_for_chance(limit: float | None, *rows: int) -> float | None:
    """Returns the limit of a distance, or what two samples of so many rows exceed once in a thousand times.

    That is Smirnov's: 1.95 sqrt(1/n + 1/m). In a split of fifteen rows, 0.3 is nothing to wonder at.
    """
    if limit is None:
        return None
    return max(limit, round(CHANCE * math.sqrt(sum(1 / max(count, 1) for count in rows)), 2))


def compare(column: Column, other: Column) -> float | None:
    """Returns the distance of two lots of a column: of its values, or of the shares of rows without one if that is
    more; None where the one has numbers and the other has texts.
    """
    gone = abs(share_missing(column) - share_missing(other))
    if 1.0 in (share_missing(column), share_missing(other)):
        return gone
    kinds = {each.WhichOneof("stats") for each in (column, other)}
    if kinds == {"num_stats"}:
        return max(gone, distance(column.num_stats, other.num_stats))
    if kinds == {"string_stats"}:
        return max(gone, distance_of_texts(column.string_stats, other.string_stats))
    return None


def share_missing(column: Column) -> float:
    """Returns the share of the rows that have no value in a column; 1 where there are no rows."""
    common = (column.num_stats if column.HasField("num_stats") else column.string_stats).common_stats
    rows = common.num_missing + common.num_non_missing
    return float(common.num_missing / rows) if rows else 1.0


def by_name(statistics: Statistics) -> dict[str, Column]:
    """Returns the columns of a split by name."""
    return {column.path.step[0]: column for column in statistics.datasets[0].features}


def numbers(statistics: Statistics) -> dict[str, statistics_pb2.NumericStatistics]:
    """Returns the numeric columns that hold any value, by name."""
    columns = by_name(statistics).items()
    return {name: c.num_stats for name, c in columns if c.num_stats.common_stats.num_non_missing}


def distance_of_texts(column: statistics_pb2.StringStatistics, other: statistics_pb2.StringStatistics) -> float:
    """Returns the largest difference between the shares that a value has, of the most frequent: TFDV's L-infinity."""
    here, there = map(share_values, (column, other))
    return max(abs(here.get(value, 0.0) - there.get(value, 0.0)) for value in here | there)


def distance(column: statistics_pb2.NumericStatistics, other: statistics_pb2.NumericStatistics) -> float:
    """Returns the largest difference between the cumulative distributions of two columns, to the percentile."""
    points = sorted({bucket.high_value for side in (column, other) for bucket in percentiles(side)})
    return float(np.abs(cumulate(column, points) - cumulate(other, points)).max())


def cumulate(column: statistics_pb2.NumericStatistics, points: Sequence[float]) -> np.ndarray:
    """Returns the share of values up to each point, interpolated within a percentile.

    An edge of several percentiles is a value that many rows have: there, and not on the way to it, the share steps up.
    """
    buckets = percentiles(column)
    edges = [buckets[0].low_value, *(bucket.high_value for bucket in buckets)]
    counts = np.cumsum([0.0, *(bucket.sample_count for bucket in buckets)])
    return np.interp(points, edges, counts, left=0.0) / counts[-1]


def percentiles(column: statistics_pb2.NumericStatistics) -> Sequence[statistics_pb2.Histogram.Bucket]:
    """Returns buckets that hold about as many values each; none of a column without values."""
    return next((h.buckets for h in column.histograms if h.type == statistics_pb2.Histogram.QUANTILES), ())


def share_values(column: statistics_pb2.StringStatistics) -> dict[str, float]:
    """Returns the share of each value, among the most frequent ones that the statistics have."""
    counts = {bucket.label: bucket.sample_count for bucket in column.rank_histogram.buckets}
    whole = sum(counts.values())
    return {value: count / whole for value, count in counts.items()}
