"""Transform: TFX's own, with the preprocessing that the features ask for."""

from tfx import types
from tfx.components import Transform
from tfx.components.transform import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.proto import transform_pb2

from components.patches.tfx_io import InLargeBatches
from configs.schema.config import Config
from trainer.settings import Columns


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Preprocessing(Transform):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def transform(config: Config, examples: types.BaseChannel, schema: types.BaseChannel) -> BaseComponent:
    """Returns the node that learns the preprocessing from the training split and applies it to those that train."""
    columns = Columns(features=config.features, label=config.label, weight=config.data.weight)
    return Preprocessing(
        examples=examples,
        schema=schema,
        preprocessing_fn="trainer.features.preprocessing_fn.preprocessing_fn",
        custom_config={"columns": columns.model_dump_json()},
        splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=["train", "eval"]),
        disable_statistics=True,
        disable_analyzer_cache=True,
    ).with_id("Transform")
