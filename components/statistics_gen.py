"""StatisticsGen: TFX's own, over every split."""

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components import StatisticsGen
from tfx.components.statistics_gen import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.base import Made
from components.examples.batches import ROWS
from components.patches.tfx_io import InLargeBatches
from components.schemas.tfdv_schema import read_statistics
from components.summaries import Outputs, Summary
from configs.schema.config import Config
from configs.schema.features import Image


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Statistics(StatisticsGen):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that computes TFDV statistics of each split, with percentiles for the data gate."""
    options = tfdv.StatsOptions(num_quantiles_histogram_buckets=100, desired_batch_size=ROWS)
    pictures = [name for name, feature in config.features.items() if isinstance(feature, Image) and not feature.columns]
    if pictures:  # of which sizes alone are of use, and not which ones are the most frequent
        options.schema = schema_pb2.Schema(
            feature=[
                schema_pb2.Feature(name=name, type=schema_pb2.BYTES, image_domain=schema_pb2.ImageDomain())
                for name in pictures
            ]
        )
    examples = made["ExampleGen"].outputs["examples"]
    return Statistics(examples=examples, stats_options=options).with_id("StatisticsGen")


def summarise(outputs: Outputs) -> Summary:
    """Returns how many columns there are, and of each what the train split holds."""
    statistics = read_statistics(outputs["statistics"][0])
    features = {
        feature.path.step[0]: {
            "missing": feature.num_stats.common_stats.num_missing or feature.string_stats.common_stats.num_missing,
            "mean": feature.num_stats.mean if feature.HasField("num_stats") else None,
            "unique": feature.string_stats.unique if feature.HasField("string_stats") else None,
        }
        for feature in statistics["train"].datasets[0].features
    }
    return Summary(f"{len(features)} columns", {"columns": features})
