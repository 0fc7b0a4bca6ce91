"""StatisticsGen: TFX's statistics of every split, computed in one pass."""

import os
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types
from tfx.components import StatisticsGen
from tfx.components.statistics_gen.executor import (
    DEFAULT_FILE_NAME,
    SAMPLE_RATE_BY_SPLIT_PROPERTY_NAME,
    STATS_DASHBOARD_LINK,
)
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import json_utils

from components.base import Made
from components.examples.batches import ROWS, count_rows, join_batches, list_shards, read_batches
from components.feature_statistics.combiner import CombineStatistics
from components.feature_statistics.distributions import describe
from components.schemas.tfdv_schema import read_statistics
from components.summaries import Outputs, Summary
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.features import Image


class Executor(BaseBeamExecutor):
    """Writes what TFX's executor writes, by a graph of five transforms where TFX's has some 270 for each split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the statistics of each split of `examples`."""
        self._log_startup(input_dict, output_dict, exec_properties)
        options = tfdv.StatsOptions.from_json(exec_properties["stats_options_json"])
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        statistics = artifact_utils.get_single_instance(output_dict["statistics"])
        splits = artifact_utils.decode_split_names(examples.split_names)
        _describe(statistics, examples, splits)
        shards = [(split, file) for split in splits for file in list_shards(examples, split)]
        files = {split: _place(statistics, split) for split in splits}
        rows = count_rows([examples])
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | beam.Create(shards)
                | beam.Reshuffle()
                | "Read" >> beam.FlatMap(_read, rows).with_output_types(tuple[str, pa.RecordBatch])
                | beam.CombinePerKey(CombineStatistics(options))
                | "Write" >> beam.Map(_write, files)
            )


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
    """Returns how many columns there are, and of each what the splits hold."""
    statistics = read_statistics(outputs["statistics"][0])
    columns = describe(statistics)
    return Summary(count(len(columns), "column"), {"columns": columns})


def _describe(statistics: types.Artifact, examples: types.Artifact, splits: list[str]) -> None:
    """Gives the artifact the properties that TFX gives it."""
    statistics.split_names = examples.split_names
    statistics.span = examples.span
    statistics.set_string_custom_property(STATS_DASHBOARD_LINK, "")
    rates = json_utils.dumps(dict.fromkeys(splits, 1.0))
    statistics.set_json_value_custom_property(SAMPLE_RATE_BY_SPLIT_PROPERTY_NAME, rates)


def _place(statistics: types.Artifact, split: str) -> str:
    folder = artifact_utils.get_split_uri([statistics], split)
    fileio.makedirs(folder)
    return os.path.join(folder, DEFAULT_FILE_NAME)


def _read(element: tuple[str, str], rows: int) -> Iterator[tuple[str, pa.RecordBatch]]:
    split, shard = element
    for batch in join_batches(read_batches(shard, rows)):
        yield split, batch


def _write(element: tuple[str, statistics_pb2.DatasetFeatureStatisticsList], files: dict[str, str]) -> None:
    split, found = element
    with fileio.open(files[split], "wb") as file:
        file.write(found.SerializeToString())
