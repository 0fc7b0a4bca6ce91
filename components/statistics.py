"""StatisticsGen: TFX's own, over every split."""

import tensorflow_data_validation as tfdv
from tfx import types
from tfx.components import StatisticsGen
from tfx.components.statistics_gen import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.batches import ROWS, InLargeBatches


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Statistics(StatisticsGen):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def statistics_gen(examples: types.BaseChannel) -> BaseComponent:
    """Returns the node that computes TFDV statistics of each split, with percentiles for the data gate."""
    options = tfdv.StatsOptions(num_quantiles_histogram_buckets=100, desired_batch_size=ROWS)
    return Statistics(examples=examples, stats_options=options).with_id("StatisticsGen")
