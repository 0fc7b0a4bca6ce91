"""Transform: TFX's own, with the preprocessing that the features ask for."""

from pathlib import Path

from tfx.components import Transform
from tfx.components.transform import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.proto import transform_pb2

from components.base import Made
from components.patches.tfx_io import InLargeBatches
from components.summaries import Outputs, Summary
from configs.schema.config import Config
from trainer.settings import Columns


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Preprocessing(Transform):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that learns the preprocessing from the training split and applies it to those that train."""
    columns = Columns(features=config.features, label=config.label, weight=config.data.weight)
    component = Preprocessing(
        examples=made["ExampleGen"].outputs["examples"],
        schema=made["SchemaGen"].outputs["schema"],
        preprocessing_fn="trainer.features.preprocessing_fn.preprocessing_fn",
        custom_config={"columns": columns.model_dump_json()},
        splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=["train", "eval"]),
        disable_statistics=True,
        disable_analyzer_cache=True,
    ).with_id("Transform")
    component.add_upstream_node(made["DataGate"])  # of which it reads nothing
    return component


def summarise(outputs: Outputs) -> Summary:
    """Returns how many vocabularies were learnt."""
    folder = Path(outputs["transform_graph"][0].uri, "transform_fn", "assets")
    vocabularies = len(list(folder.glob("*"))) if folder.exists() else 0
    return Summary(f"{vocabularies} vocabularies")
