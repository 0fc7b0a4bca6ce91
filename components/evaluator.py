"""Evaluator: TFX's own, on the test split, with the thresholds and slices of the config."""

from tfx import types
from tfx.components import Evaluator
from tfx.components.evaluator import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.evaluation.eval_config import eval_config
from components.patches.tfx_io import InLargeBatches
from configs.schema.config import Config


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Judge(Evaluator):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def evaluator(
    config: Config, examples: types.BaseChannel, model: types.BaseChannel, baseline_model: types.BaseChannel
) -> BaseComponent:
    """Returns the node that judges the candidate on the test split, which nothing else has looked at."""
    return Judge(
        examples=examples,
        model=model,
        baseline_model=baseline_model,
        example_splits=["test"],
        eval_config=eval_config(config),
        module_path="components.evaluation.slice_extractor",
    ).with_id("Evaluator")
