"""StatisticsGen: TFX's own, over every split."""

import tensorflow_data_validation as tfdv
from tfx import types
from tfx.components import StatisticsGen
from tfx.dsl.components.base.base_component import BaseComponent


def statistics_gen(examples: types.BaseChannel) -> BaseComponent:
    """Returns the node that computes TFDV statistics of each split, with percentiles for the data gate."""
    return StatisticsGen(examples=examples, stats_options=tfdv.StatsOptions(num_quantiles_histogram_buckets=100))
