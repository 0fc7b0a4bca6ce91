"""Tuner: TFX's own, around trainings as the Trainer does them, before the Trainer does its own."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_tuner.errors import FatalError
from tfx.components.tuner import component, executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.proto import trainer_pb2
from tfx.types import artifact_utils

from components.base import Made
from components.summaries import Outputs, Summary
from components.trainer import find_place, identify, settle
from configs.home import Home
from configs.quantities import count
from configs.schema.config import Config

FOUND = "trials.json"


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that looks for the values with which the Trainer is to train."""
    if config.tuning is None:
        raise ValueError("there is no Tuner without tuning")
    given = {
        "settings": settle(config).model_dump_json(),
        "tuning": config.tuning.model_dump_json(),
        "home": str(config.home.root),
    }
    return Tuner(
        examples=made["Transform"].outputs["transformed_examples"],
        transform_graph=made["Transform"].outputs["transform_graph"],
        tuner_fn="trainer.tuner_fn.tuner_fn",
        custom_config=given,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
    ).with_id("Tuner")


def summarise(outputs: Outputs) -> Summary:
    """Returns how many trials there were, and the best of them."""
    found: Mapping[str, Any] = json.loads(Path(outputs["tuner_results"][0].uri, FOUND).read_text())
    failed = sum(trial["score"] is None for trial in found["trials"])
    told = count(len(found["trials"]), "trial") + (f", of which {failed} failed" if failed else "")
    best = next(trial for trial in found["trials"] if trial["trial"] == found["best"])
    values = ", ".join(f"{key} {_shorten(value)}" for key, value in best["values"].items())
    return Summary(f"{told}; {found['objective']} {best['score']:.4f} with {values}", found)


def _shorten(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value)


class Executor(executor.Executor):
    """Searches by `trainer.tuner_fn`; a search that was left unfinished is gone on with, then removed."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        given = json.loads(exec_properties["custom_config"])
        home = Home(Path(given["home"]))
        origin = identify(input_dict, given["settings"] + given["tuning"])
        place = find_place(home, [origin], self._context)
        given |= {
            "place": str(place),
            "tensorboard": str(home.tensorboard(self._context.pipeline_run_id)),
            "trials": os.path.join(artifact_utils.get_single_uri(output_dict["tuner_results"]), FOUND),
        }
        try:
            super().Do(input_dict, output_dict, exec_properties | {"custom_config": json.dumps(given)})
        except FatalError as error:
            raise error.__cause__ or error from None
        shutil.rmtree(place, ignore_errors=True)


class Tuner(component.Tuner):
    """TFX's component, with our executor."""

    EXECUTOR_SPEC = ExecutorClassSpec(Executor)
