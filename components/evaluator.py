"""Evaluator: TFX's own, on the test split, with the thresholds and slices of the config."""

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components import Evaluator
from tfx.components.evaluator import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.utils import path_utils

from components.base import Made
from components.evaluation.eval_config import eval_config
from components.evaluation.judgement import OVERALL, Measured
from components.evaluation.results import confuse, failures, read_measured, trace
from components.examples.batches import count_rows
from components.patches.tfx_io import large_batches
from components.summaries import Outputs, Summary
from configs.schema.config import Config
from configs.schema.evaluation import MAIN
from trainer.export.signatures import JUDGED

MODELS = ("model", "baseline_model")


class Executor(executor.Executor):
    """TFX's, but that it reads its examples in large batches, and judges no model that was trained on them."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        models = {name: list(map(find_judged, input_dict[name])) for name in MODELS if name in input_dict}
        with large_batches(count_rows(input_dict["examples"])):
            super().Do(input_dict | models, output_dict, exec_properties)


class Judge(Evaluator):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def find_judged(model: types.Artifact) -> types.Artifact:
    """Returns the model that lies within one that was trained anew on all rows, and has not seen those that judge."""
    inside = Path(path_utils.serving_model_path(model.uri), JUDGED)
    if not inside.exists():
        return model
    judged = copy.deepcopy(model)
    judged.uri = str(inside.parent)
    return judged


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that judges the candidate on the test split, which nothing else has looked at."""
    return Judge(
        examples=made["ExampleGen"].outputs["examples"],
        model=made["Trainer"].outputs["model"],
        baseline_model=made["Resolver"].outputs["model"],
        example_splits=["test"],
        eval_config=eval_config(config),
        module_path="components.evaluation.slice_extractor",
    ).with_id("Evaluator")


def summarise(outputs: Outputs) -> Summary:
    """Returns the metric that matters, or the thresholds that were missed; and all metrics, by slice."""
    folder = outputs["evaluation"][0].uri
    measured, missed = read_measured(folder), failures(folder)
    overall = {item.metric: item for item in measured if item.slice == OVERALL}
    main = next(overall[name] for name in MAIN if name in overall)
    text = "; ".join(map(str, missed)) or f"{_compare(main)}, blessed"
    details = {
        "overall": {name: item.candidate for name, item in overall.items()},
        "metrics": [asdict(item) for item in measured],
        "confusion": confuse(folder),
        "roc": trace(folder),
        "missed": [asdict(failure) for failure in missed],
    }
    return Summary(text, details)


def _compare(item: Measured) -> str:
    against = f" against {item.baseline:.4f} in service" if item.baseline is not None else ""
    return f"{item.metric} {item.candidate:.4f}{against}"
