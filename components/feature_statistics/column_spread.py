"""What a column holds in rows that come in batches, as the data gate's distances take it: without TFDV and Beam."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.feature_statistics.distance import Column

BUCKETS = 100  # percentiles
MOST = 1000  # values of texts that are told, the most frequent: as many as TFDV's statistics have


class ColumnSpread:
    """Takes the typed cells of a column: numbers, texts or lists of either, null where a value is missing."""

    def __init__(self) -> None:
        self.rows = self.missing = 0
        self.numbers: list[np.ndarray] = []
        self.counts: dict[str, int] = {}

    def add(self, cells: pa.Array) -> None:
        """Take in a batch."""
        self.rows += len(cells)
        self.missing += cells.null_count
        values = cells.drop_null()
        while pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            values = values.flatten().drop_null()
        if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            self.numbers.append(values.to_numpy(zero_copy_only=False))
        elif not pa.types.is_null(values.type):
            for each in pc.value_counts(values).to_pylist():
                text = each["values"] if isinstance(each["values"], str) else each["values"].decode(errors="replace")
                self.counts[text] = self.counts.get(text, 0) + each["counts"]

    def describe(self) -> Column:
        """Return it as TFDV's statistics of a column have it."""
        common = statistics_pb2.CommonStatistics(num_missing=self.missing, num_non_missing=self.rows - self.missing)
        if self.counts:
            return describe_texts(self.counts, common)
        return describe_edges(cut(np.concatenate(self.numbers)) if self.numbers else [], common)


def cut(numbers: np.ndarray) -> list[float]:
    """Return the edges of the percentiles of numbers, the least first; none without numbers."""
    if not len(numbers):
        return []
    edges: list[float] = np.quantile(numbers, np.linspace(0, 1, BUCKETS + 1), method="inverted_cdf").tolist()
    return edges


def describe_edges(edges: list[float], common: statistics_pb2.CommonStatistics) -> Column:
    """Return the statistics of numbers with such edges of buckets that hold as many each."""
    count = common.num_non_missing / max(len(edges) - 1, 1)
    buckets = [
        statistics_pb2.Histogram.Bucket(low_value=low, high_value=high, sample_count=count)
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    histogram = statistics_pb2.Histogram(type=statistics_pb2.Histogram.QUANTILES, buckets=buckets)
    stats = statistics_pb2.NumericStatistics(common_stats=common, histograms=[histogram])
    return Column(num_stats=stats)


def describe_texts(counts: dict[str, int], common: statistics_pb2.CommonStatistics) -> Column:
    """Return the statistics of texts of which each is there so often."""
    often = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:MOST]
    buckets = [statistics_pb2.RankHistogram.Bucket(label=text, sample_count=count) for text, count in often]
    ranked = statistics_pb2.RankHistogram(buckets=buckets)
    return Column(string_stats=statistics_pb2.StringStatistics(common_stats=common, rank_histogram=ranked))
