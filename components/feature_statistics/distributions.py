"""How a column's values are distributed in each split, as its statistics have it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0.statistics_pb2 import NumericStatistics as Numbers

from components.feature_statistics.distance import (
    Column,
    Statistics,
    by_name,
    cumulate,
    distance,
    distance_of_texts,
    percentiles,
    share_values,
)

BINS = 12  # of equal width, between the percentiles below; the outer ones hold the rest
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TAILS = (0.01, 0.99)  # beyond which a single far value would squeeze all others into one bin
VALUES, LENGTH = 8, 40  # the most frequent values of a column that are told, and letters of each


def describe(statistics: Mapping[str, Statistics]) -> dict[str, dict[str, Any]]:
    """Returns of each column of the train split what it holds: how many rows lack it, in each split, its mean, its
    median and QUANTILES, or how many values it has, and its distribution: the share of each bin (`edges`) or value
    (`values`), by split.
    """
    columns = {split: by_name(found) for split, found in statistics.items()}
    described = {}
    for name, column in columns["train"].items():
        splits = {split: found[name] for split, found in columns.items() if name in found}
        described[name] = {
            "missing": count_missing(column),
            "missing_by_split": {split: count_missing(found) for split, found in splits.items()},
            "mean": column.num_stats.mean if column.HasField("num_stats") else None,
            "median": column.num_stats.median if column.HasField("num_stats") else None,
            "unique": column.string_stats.unique if column.HasField("string_stats") else None,
            **(_count_bins(splits) if column.HasField("num_stats") else _count_values(splits)),
        }
    return described


def count_missing(column: Column) -> int:
    """Returns how many rows have no value in a column."""
    return int(column.num_stats.common_stats.num_missing or column.string_stats.common_stats.num_missing)


def measure_drift(statistics: Statistics, other: Statistics) -> dict[str, float]:
    """Returns how far apart, from 0 to 1, the values of each column lie that both have, as the gate measures it."""
    gaps, others = {}, by_name(other)
    for name, column in by_name(statistics).items():
        against = others.get(name, Column())
        if percentiles(column.num_stats) and percentiles(against.num_stats):
            gaps[name] = distance(column.num_stats, against.num_stats)
        elif share_values(column.string_stats) and share_values(against.string_stats):
            gaps[name] = distance_of_texts(column.string_stats, against.string_stats)
    return gaps


def _count_bins(splits: Mapping[str, Column]) -> dict[str, Any]:
    buckets = percentiles(splits["train"].num_stats)
    if not buckets:
        return {}
    bounds = [buckets[0].low_value, *(bucket.high_value for bucket in buckets)]
    quantiles = [float(f"{found:.5g}") for found in np.quantile(bounds, QUANTILES)]
    known = {split: column.num_stats for split, column in splits.items() if percentiles(column.num_stats)}
    distinct = sorted(set(bounds))
    if len(distinct) <= BINS:
        counted = {split: [_share_at(column, value) for value in distinct] for split, column in known.items()}
        return {"quantiles": quantiles, "values": [f"{value:.5g}" for value in distinct], "shares": _round(counted)}
    low, high = np.quantile(bounds, TAILS)
    edges = np.linspace(low, high, BINS + 1)
    counted = {split: list(np.diff([0.0, *cumulate(found, edges[1:-1]), 1.0])) for split, found in known.items()}
    told = {"quantiles": quantiles, "edges": [float(f"{edge:.5g}") for edge in edges]}
    return {**told, "shares": _round(counted)}


def _share_at(column: Numbers, value: float) -> float:
    """The share of one of few values, to the percentile: what lies between two of them is taken for the higher."""
    buckets = percentiles(column)
    return sum(b.sample_count for b in buckets if b.high_value == value) / sum(b.sample_count for b in buckets)


def _count_values(splits: Mapping[str, Column]) -> dict[str, Any]:
    known = {split: share_values(column.string_stats) for split, column in splits.items()}
    values = list(known["train"])[:VALUES]
    if not values or splits["train"].string_stats.rank_histogram.buckets[0].sample_count <= 1:
        return {}  # of images, whose bytes are not counted; of texts and keys, each of which is another
    told = [value if len(value) <= LENGTH else f"{value[: LENGTH - 1]}…" for value in values]
    counted = {split: [found.get(value, 0.0) for value in values] for split, found in known.items() if found}
    return {"values": told, "shares": _round(counted)}


def _round(found: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {split: [round(float(share), 4) for share in counted] for split, counted in found.items()}
