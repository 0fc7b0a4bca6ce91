"""TFDV's basic statistics of every column: presence, lengths, moments and quantiles."""

import math
from typing import Any

from tensorflow_data_validation import StatsOptions
from tensorflow_data_validation.statistics.generators.basic_stats_generator import BasicStatsGenerator
from tensorflow_data_validation.utils.quantiles_util import find_median, rebin_quantiles
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.feature_statistics.histograms import generate_equi_width_histogram, generate_quantiles_histogram

FINER = 100  # how many quantiles TFDV asks for within each bucket of the histogram of quantiles


class BasicStats(BasicStatsGenerator):
    """TFDV's generator, but for the histograms of numbers."""

    def __init__(self, options: StatsOptions) -> None:
        super().__init__(
            schema=options.schema,
            num_values_histogram_buckets=options.num_values_histogram_buckets,
            num_histogram_buckets=options.num_histogram_buckets,
            num_quantiles_histogram_buckets=options.num_quantiles_histogram_buckets,
            epsilon=options.epsilon,
        )
        self.widths, self.quantiles = options.num_histogram_buckets, options.num_quantiles_histogram_buckets

    def extract_output(self, accumulator: Any) -> statistics_pb2.DatasetFeatureStatistics:
        """Return the statistics; what TFDV has no quantiles of, it leaves without a median and histograms."""
        sketches = []
        for column in accumulator.values():
            sketches.append(column.numeric_stats.quantiles_summary)
            column.numeric_stats.quantiles_summary = None
        result = super().extract_output(accumulator)
        for feature, column, sketch in zip(result.features, accumulator.values(), sketches, strict=True):
            column.numeric_stats.quantiles_summary = sketch
            if math.isnan(feature.num_stats.median):
                self.describe(feature.num_stats, column.numeric_stats)
        return result

    def describe(self, found: statistics_pb2.NumericStatistics, seen: Any) -> None:
        """Add what follows from the quantiles of a column."""
        pair = seen.quantiles_summary.GetQuantilesAndCumulativeWeights(FINER * self.quantiles)
        quantiles, counts = (array.flatten().to_numpy(zero_copy_only=False) for array in pair)
        found.median = find_median(quantiles)
        histograms = [
            generate_equi_width_histogram(
                quantiles, counts, seen.finite_min, seen.finite_max, self.widths, seen.pos_inf_count
            ),
            generate_quantiles_histogram(*rebin_quantiles(quantiles, counts, FINER)),
        ]
        for histogram in histograms:
            histogram.num_nan = seen.num_nan
        found.histograms.extend(histograms)
