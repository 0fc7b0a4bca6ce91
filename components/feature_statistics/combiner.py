"""One pass over the batches of a split: what TFDV spreads over some 270 transforms of Beam, as one CombineFn."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import apache_beam as beam
import pyarrow as pa
from tensorflow_data_validation import StatsOptions
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.statistics.merge_util import merge_dataset_feature_statistics

from components.feature_statistics.basic_stats import BasicStats
from components.feature_statistics.top_values import TopValues

Accumulators: TypeAlias = list[Any]  # one of each generator


class CombineStatistics(beam.CombineFn):
    """Batches to the statistics that `tfdv.GenerateStatistics` gives, for options without weights and slices."""

    def __init__(self, options: StatsOptions) -> None:
        self.generators: list[Any] = [BasicStats(options), TopValues(options)]

    def create_accumulator(self) -> Accumulators:
        """Return what has seen no rows."""
        return [generator.create_accumulator() for generator in self.generators]

    def add_input(self, accumulator: Accumulators, batch: pa.RecordBatch) -> Accumulators:
        """Take in a batch."""
        pairs = zip(self.generators, accumulator, strict=True)
        return [generator.add_input(found, batch) for generator, found in pairs]

    def merge_accumulators(self, accumulators: Iterable[Accumulators]) -> Accumulators:
        """Join what was seen apart."""
        lots = zip(self.generators, zip(*accumulators, strict=True), strict=True)
        return [generator.merge_accumulators(found) for generator, found in lots]

    def compact(self, accumulator: Accumulators) -> Accumulators:
        """Make it small before it travels."""
        pairs = zip(self.generators, accumulator, strict=True)
        return [generator.compact(found) for generator, found in pairs]

    def extract_output(self, accumulator: Accumulators) -> statistics_pb2.DatasetFeatureStatisticsList:
        """Return the statistics."""
        pairs = zip(self.generators, accumulator, strict=True)
        return merge_dataset_feature_statistics([generator.extract_output(found) for generator, found in pairs])
