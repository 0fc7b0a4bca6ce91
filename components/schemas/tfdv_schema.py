"""TFDV's schema of the data: read from a file, inferred from statistics, and the one extended by the other."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types
from tfx.types import artifact_utils

from configs.errors import ConfigError

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Column: TypeAlias = statistics_pb2.FeatureNameStatistics


def read_statistics(artifact: types.Artifact) -> dict[str, Statistics]:
    """Returns the statistics of each split."""
    return {
        split: tfdv.load_stats_binary(str(Path(artifact_utils.get_split_uri([artifact], split)) / "FeatureStats.pb"))
        for split in artifact_utils.decode_split_names(artifact.split_names)
    }


def read_schema(path: Path) -> schema_pb2.Schema:
    """Returns the schema in a text file; raises ConfigError when it is none."""
    try:
        return tfdv.load_schema_text(str(path))
    except Exception as error:
        raise ConfigError(
            f"This is not a schema: {error}.",
            where=f"{path}",
            remedy="It must hold a tensorflow_metadata Schema in text form, as `schema.pbtxt` of an earlier run does.",
        ) from error


def infer(statistics: Mapping[str, Statistics], free: Sequence[str] = ()) -> schema_pb2.Schema:
    """Returns the schema of the data as it looks: types, presence, the values of categories, ranges of numbers.

    Of `free` columns only the type and the presence.
    """
    schema = tfdv.infer_schema(statistics["train"], infer_feature_shape=False)
    schema.ClearField("string_domain")
    splits = [{column.path.step[0]: column for column in split.datasets[0].features} for split in statistics.values()]
    for feature in schema.feature:
        feature.ClearField("domain_info")
        if feature.value_count.max != 1:  # how long a list is tells nothing of the next one
            feature.ClearField("value_count")
        seen = [columns[feature.name] for columns in splits if feature.name in columns]
        _add_presence(feature, seen, len(splits))
        if feature.name not in free and feature.type == schema_pb2.BYTES:
            _add_values(feature, seen)
        elif feature.name not in free and feature.type == schema_pb2.FLOAT:
            _add_range(feature, seen)
    return schema


def extend(known: schema_pb2.Schema, inferred: schema_pb2.Schema, columns: Sequence[str]) -> schema_pb2.Schema:
    """Returns the known schema, without columns that are no longer used, and with new ones as they look here."""
    kept = {feature.name: feature for feature in known.feature if feature.name in columns}
    schema = schema_pb2.Schema()
    schema.CopyFrom(known)
    schema.ClearField("feature")
    schema.feature.extend(kept.get(feature.name, feature) for feature in inferred.feature)
    return schema


def _add_presence(feature: schema_pb2.Feature, seen: Sequence[Column], splits: int) -> None:
    """Lets rows go without a value if any split has such rows, and splits if any split has none; train has some."""
    if len(seen) < splits or any(_common(column).num_missing for column in seen):
        feature.presence.min_fraction = 0
    if len(seen) < splits or not all(_common(column).num_non_missing for column in seen):
        feature.presence.min_count = 0


def _common(column: Column) -> statistics_pb2.CommonStatistics:
    return getattr(column, column.WhichOneof("stats")).common_stats


def _add_values(feature: schema_pb2.Feature, seen: Sequence[Column]) -> None:
    """Names the values seen in any split, unless there are more than the statistics list."""
    listed = [column.string_stats.rank_histogram.buckets for column in seen]
    if all(column.string_stats.unique == len(buckets) for column, buckets in zip(seen, listed, strict=True)):
        feature.string_domain.value.extend(sorted({bucket.label for buckets in listed for bucket in buckets}))


def _add_range(feature: schema_pb2.Feature, seen: Sequence[Column]) -> None:
    """Sets the range seen in any split, widened by its own width on both sides; below zero only where a value is."""
    low, high = min(column.num_stats.min for column in seen), max(column.num_stats.max for column in seen)
    least = low - (high - low)
    feature.float_domain.min = least if low < 0 else max(least, 0.0)
    feature.float_domain.max = high + (high - low)
