"""Transform: TFX's component around an executor of ours, which learns in one pass and traces one function.

TFX's own makes an analyzer, a stage of Beam and a piece of a graph of each thing that it learns of each column.
"""

import json
import os
from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path, PurePath
from typing import Any

import apache_beam as beam
from tfx.components import Transform
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.proto import transform_pb2
from tfx.types import artifact_utils

from components.base import Made
from components.examples.batches import count_rows, join_batches, list_shards, read_batches
from components.examples.shards import Shard, staged
from components.examples.tensors import from_dense, to_cells, to_sparse
from components.schemas.places import FILE
from components.schemas.tfdv_schema import read_schema
from components.summaries import Outputs, Summary
from configs.progress import RowCount
from configs.quantities import count
from configs.schema.config import Config
from trainer.features.graph import read_kinds, trace_cells, write_graph
from trainer.features.learning import Seen
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.settings import Columns

SPLITS = ("train", "eval")  # those that train; what is learnt is learnt of the first
REFIT = (*SPLITS, "test")  # those that a model learns from that is trained anew; in folds, all is learnt of them


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that learns the preprocessing from the training split, in folds from all, and applies it."""
    folds = config.evaluation.folds
    columns = Columns(
        features=config.features,
        label=config.label,
        weight=config.data.weight,
        clients=config.clients,
        folds=folds,
        origins=config.evaluation.backtest,
    )
    splits = REFIT if config.refits else SPLITS
    shown = splits if folds else SPLITS[:1]
    component = OnePass(
        examples=made["ExampleGen"].outputs["examples"],
        schema=made["SchemaGen"].outputs["schema"],
        preprocessing_fn="trainer.features.preprocessing.Preprocessing",
        custom_config={"columns": columns.model_dump_json(), "shown": shown, "splits": splits},
        splits_config=transform_pb2.SplitsConfig(analyze=shown, transform=splits),
        disable_statistics=True,
        disable_analyzer_cache=True,
    ).with_id("Transform")
    component.add_upstream_node(made["DataGate"])  # of which it reads nothing
    return component


def summarise(outputs: Outputs) -> Summary:
    """Returns how many vocabularies were learnt."""
    learnt = Learnt.read(outputs["transform_graph"][0].uri)
    return Summary(count(len(learnt.vocabularies), "vocabulary"))


class Executor(BaseBeamExecutor):
    """Learns from the splits that are shown, writes Transform's graph, and applies it to those that train."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        given = json.loads(exec_properties["custom_config"])
        columns, shown, splits = given["columns"], given["shown"], given["splits"]
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        rows = count_rows([examples])
        graph = artifact_utils.get_single_uri(output_dict["transform_graph"])
        schema = read_schema(Path(artifact_utils.get_single_uri(input_dict["schema"]), FILE))
        with self._make_beam_pipeline() as pipeline:
            files = pipeline | beam.Create([file for split in shown for file in list_shards(examples, split)])
            seen = files | beam.Reshuffle() | beam.ParDo(See(columns, rows)) | beam.CombineGlobally(AddUp())
            seen | beam.Map(write_learnt, columns, graph)
        write_graph(Preprocessing(Columns.model_validate_json(columns), Learnt.read(graph)), schema, graph)
        made = artifact_utils.get_single_instance(output_dict["transformed_examples"])
        made.split_names = artifact_utils.encode_split_names(splits)
        with staged(made.uri, splits) as staging, self._make_beam_pipeline() as pipeline:
            files = pipeline | beam.Create([file for split in splits for file in list_shards(examples, split)])
            files | beam.Reshuffle() | beam.ParDo(Apply(columns, graph, rows, made.uri, staging))


class OnePass(Transform):
    """TFX's component, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


class See(beam.DoFn):
    """A file of training rows to what is seen of them."""

    def __init__(self, columns: str, rows: int) -> None:
        self.columns, self.rows = columns, rows

    def setup(self) -> None:
        """Begin to count, once a worker."""
        self.done = RowCount("learnt from")

    def process(self, file: str) -> Iterator[Seen]:
        """Yield what all rows of the file show."""
        features, seen = Columns.model_validate_json(self.columns).features, Seen()
        for batch in join_batches(read_batches(file, self.rows)):
            seen.add(Seen.of(features, to_cells(features, batch)))
            self.done.add(len(batch))
        yield seen


class AddUp(beam.CombineFn):
    """What is seen of many rows to what is seen of all."""

    def create_accumulator(self) -> Seen:
        return Seen()

    def add_input(self, seen: Seen, other: Seen) -> Seen:
        return seen.add(other)

    def merge_accumulators(self, found: Iterable[Seen]) -> Seen:
        return reduce(Seen.add, found, Seen())

    def extract_output(self, seen: Seen) -> Seen:
        return seen


class Apply(beam.DoFn):
    """A file of rows to one, of the same name, of what a model sees of them, in the same order."""

    def __init__(self, columns: str, graph: str, rows: int, folder: str, staging: str) -> None:
        self.columns, self.graph, self.rows, self.folder, self.staging = columns, graph, rows, folder, staging

    def setup(self) -> None:
        """Trace the function, once a worker."""
        columns, kinds = Columns.model_validate_json(self.columns), read_kinds(self.graph)
        self.features = columns.features
        self.others = {name: kinds[name] for name in columns.others}
        self.function = trace_cells(Preprocessing(columns, Learnt.read(self.graph)), self.others)
        self.done = RowCount("prepared")

    def process(self, file: str) -> None:
        """Write the rows of a file."""
        shard = Shard(os.path.join(self.folder, *PurePath(file).parts[-2:]), self.staging)
        for batch in join_batches(read_batches(file, self.rows)):
            made = self.function(to_cells(self.features, batch), to_sparse(batch, self.others))
            shard.write(from_dense({name: tensor.numpy() for name, tensor in made.items()}))
            self.done.add(len(batch))
        shard.close()


def write_learnt(seen: Seen, columns: str, graph: str) -> None:
    """Writes what is learnt of all rows into the folder of Transform's graph."""
    seen.conclude(Columns.model_validate_json(columns).features).write(graph)
