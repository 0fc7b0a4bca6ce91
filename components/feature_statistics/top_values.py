"""How many values each column of strings has, and which are the most frequent."""

from collections.abc import Iterable

import pyarrow as pa
from tensorflow_data_validation import StatsOptions
from tensorflow_data_validation.statistics.generators.stats_generator import CombinerStatsGenerator
from tensorflow_data_validation.types import FeaturePath
from tensorflow_data_validation.utils.schema_util import get_bytes_features
from tensorflow_data_validation.utils.top_k_uniques_stats_util import (
    FeatureValueCount,
    make_feature_stats_proto_topk_uniques,
)
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.feature_statistics.value_counts import COUNT, VALUE, ValueCounts

BYTES = 1 << 25  # of all columns' counts together

Counts = dict[str, ValueCounts]


class TopValues(CombinerStatsGenerator):
    """Counts exactly, as TFDV does on Beam, until that takes too much memory for one accumulator.

    TFDV makes a row of each distinct value of each batch, which costs more than all else. Its sketches, which are its
    other way, know the counts of 1,024 values to a thousandth of the rows, which moves the order of the most frequent
    and the distance that the data gate judges by. Here the columns that take the most space lose their rarer half
    when `BYTES` are full: a value that is kept from its first row on, as each is that some hundred thousand others
    do not outnumber, has its exact count, and how many distinct ones there are is then estimated to 1 %.
    """

    def __init__(self, options: StatsOptions) -> None:
        super().__init__("TopValues", options.schema)
        self.options = options
        self.skipped = {path.steps()[0] for path in get_bytes_features(options.schema)} if options.schema else set()

    def create_accumulator(self) -> Counts:
        """Return the counts of no column."""
        return {}

    def add_input(self, accumulator: Counts, input_record_batch: pa.RecordBatch) -> Counts:
        """Count the values of a batch."""
        for field, column in zip(input_record_batch.schema, input_record_batch.columns, strict=True):
            if field.name not in self.skipped and _holds_strings(field.type):
                accumulator.setdefault(field.name, ValueCounts()).add(column.flatten())
        return _bound(accumulator)

    def merge_accumulators(self, accumulators: Iterable[Counts]) -> Counts:
        """Add the counts of the others to those of the first."""
        merged, *others = accumulators
        for other in others:
            for name, counts in other.items():
                merged.setdefault(name, ValueCounts()).merge(counts)
            _bound(merged)
        return merged

    def compact(self, accumulator: Counts) -> Counts:
        """Return what takes the least space on its way."""
        for counts in accumulator.values():
            counts.settle()
        return accumulator

    def extract_output(self, accumulator: Counts) -> statistics_pb2.DatasetFeatureStatistics:
        """Return the part of the statistics that is about values."""
        return statistics_pb2.DatasetFeatureStatistics(
            features=[self._describe(name, counts) for name, counts in accumulator.items() if counts.count_distinct()]
        )

    def _describe(self, name: str, counts: ValueCounts) -> statistics_pb2.FeatureNameStatistics:
        top, buckets = self.options.num_top_values, self.options.num_rank_histogram_buckets
        table = counts.list_most_frequent(max(top, buckets))
        pairs = zip(table[VALUE].to_pylist(), table[COUNT].to_pylist(), strict=True)
        return make_feature_stats_proto_topk_uniques(
            feature_path=FeaturePath([name]),
            num_top_values=top,
            num_rank_histogram_buckets=buckets,
            num_unique=counts.count_distinct(),
            value_count_list=[FeatureValueCount(value, count) for value, count in pairs],
            frequency_threshold=self.options.frequency_threshold,
        )


def _holds_strings(kind: pa.DataType) -> bool:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    inner = kind.value_type
    return any(test(inner) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_string))


def _bound(counts: Counts) -> Counts:
    """The counts, of which the largest are pruned when they are too many."""
    if sum(column.size for column in counts.values()) > BYTES:
        for column in counts.values():
            column.settle()
        while sum(column.size for column in counts.values()) > BYTES // 2:  # half, so as to have peace for a while
            max(counts.values(), key=lambda column: column.size).prune()
    return counts
