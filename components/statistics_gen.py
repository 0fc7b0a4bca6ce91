"""StatisticsGen: TFX's own, over every split."""

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.components import StatisticsGen
from tfx.components.statistics_gen import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.patches.tfx_io import ROWS, InLargeBatches
from configs.schema.config import Config
from configs.schema.features import Image


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Statistics(StatisticsGen):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def statistics_gen(config: Config, examples: types.BaseChannel) -> BaseComponent:
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
    return Statistics(examples=examples, stats_options=options).with_id("StatisticsGen")
