"""Trainer: TFX's own, around plain Keras."""

from tfx import types
from tfx.components import Trainer
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.proto import trainer_pb2

from configs.schema import Config
from trainer.settings import Settings


def trainer(config: Config, examples: types.BaseChannel, transform_graph: types.BaseChannel) -> BaseComponent:
    """Returns the node that trains the model on the transformed examples and exports it."""
    settings = Settings(
        features=config.features,
        label=config.label,
        weight=config.data.weight,
        model=config.model,
        training=config.training,
    )
    return Trainer(
        examples=examples,
        transform_graph=transform_graph,
        run_fn="trainer.run.run_fn",
        custom_config={"settings": settings.model_dump_json()},
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
    )
