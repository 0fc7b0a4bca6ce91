"""Trainer: TFX's own, around plain Keras, with a place for what a training that is killed leaves."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.trainer import component, executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto import trainer_pb2
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput

from components import in_service_driver
from components.base import Made
from components.registry.tree_digest import DIGEST
from components.registry.versions import Version, in_service, verify, versions
from components.summaries import Outputs, Summary
from configs.errors import MillraceError
from configs.home import Home
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.training import Teacher
from trainer.models.custom import embed
from trainer.models.pretrained import seal
from trainer.run_fn import FACTS, HISTORY, LINEAGE
from trainer.settings import Settings

ALONE, TOGETHER = "trainer.run_fn.run_fn", "components.training_workers.run_fn"  # what TFX calls, by name
Artifacts = Mapping[str, Sequence[types.Artifact]]


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that trains the model on the transformed examples and exports it.

    After a Tuner it trains with the values that this has found, in place of the config's.
    """
    kind = Heir if config.training.warm_start or config.training.teacher else Trainer
    return kind(
        examples=made["Transform"].outputs["transformed_examples"],
        transform_graph=made["Transform"].outputs["transform_graph"],
        hyperparameters=made["Tuner"].outputs["best_hyperparameters"] if "Tuner" in made else None,
        run_fn=TOGETHER if config.training.workers > 1 else ALONE,
        custom_config={"settings": settle(config).model_dump_json(), "home": str(config.home.root)},
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval", "test"] if config.refits else ["eval"]),
    ).with_id("Trainer")


def summarise(outputs: Outputs) -> Summary:
    """Returns how long the training was and where it got to, and from where it began."""
    folder = Path(outputs["model_run"][0].uri)
    history, facts = (json.loads((folder / name).read_text()) for name in (HISTORY, FACTS))
    loss, val_loss = history["loss"], history["val_loss"]
    text = f"{count(len(loss), facts['unit'])}, loss {loss[-1]:.4g}, best eval loss {min(val_loss):.4g}"
    for several in ("folds", "origins"):
        text += f", the mean of {facts[several]} {several}" if facts.get(several) else ""
    if facts["base"]:
        text += f", from version {facts['base']} on"
    if facts.get("teacher"):
        text += f", taught by {facts['teacher']}"
    if spent := facts.get("privacy"):
        text += f", epsilon {spent['epsilon']:.3g} at delta {spent['delta']:.2g}"
    if found := facts.get("federated"):
        text += f", the mean of {found['chosen']} of {count(found['clients'], 'client')} in each"
    if facts["begun"]:
        text += f", gone on with from step {facts['begun']:,}"
    if facts["refit"]:
        text += f", then trained anew on all {facts['refit']:,} rows"
    return Summary(text, {"history": history, **facts})


def settle(config: Config) -> Settings:
    """Returns what a training depends on."""
    budget, training = config.budget, config.training
    if budget:
        training = budget.suit(training)
    if training.federated:
        training = training.model_copy(update={"cache": "memory"})
    return Settings(
        features=config.features,
        label=config.label,
        weight=config.data.weight,
        clients=config.clients,
        folds=config.evaluation.folds,
        origins=config.evaluation.backtest,
        model=seal(embed(config.model)),
        training=training,
        budget=budget,
    )


class Executor(executor.GenericExecutor):
    """Trains by `trainer.run_fn`; a state of the same training that was left unfinished is gone on from."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        given = json.loads(exec_properties["custom_config"])
        home, origin = Home(Path(given["home"])), identify(input_dict, given["settings"])
        place = find_place(home, [origin, given.get("base", ""), given.get("teacher_digest", "")], self._context)
        given |= {
            "origin": origin,
            "checkpoint": str(place / "state.npz"),
            "tensorboard": str(home.tensorboard(self._context.pipeline_run_id)),
        }
        super().Do(input_dict, output_dict, exec_properties | {"custom_config": json.dumps(given)})
        shutil.rmtree(place, ignore_errors=True)


class Trainer(component.Trainer):
    """TFX's component, with our executor."""

    EXECUTOR_SPEC = ExecutorClassSpec(Executor)


class Driver(in_service_driver.Driver):
    """Names the versions to begin with and to learn from: the cache answers for a training that had the same."""

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        output = DriverOutput()
        for key, value in execution_info.exec_properties.items():
            output.exec_properties[key].string_value = str(value)
        given = json.loads(execution_info.exec_properties["custom_config"])
        home, training = Home(Path(given["home"])), Settings.model_validate_json(given["settings"]).training
        if training.warm_start:
            version = find_base(home, identify(execution_info.input_dict, given["settings"]))
            given["base"] = str(version.path) if version else ""
            given["base_digest"] = version.model_digest if version else ""
        if training.teacher:
            version = find_teacher(home, training.teacher)
            given["teacher"], given["teacher_digest"] = str(version.path), version.model_digest
            given["teaches"] = f"version {version.number} of {training.teacher.pipeline or home.name}"
        output.exec_properties["custom_config"].string_value = json.dumps(given)
        return output


class Heir(Trainer):
    """A Trainer that depends on versions which were published before."""

    DRIVER_CLASS = Driver


def identify(inputs: Artifacts, settings: str) -> str:
    """Returns the digest of what a model is trained from: the content of the inputs, and the settings as JSON."""
    contents = [
        f"{key}={artifact.get_string_custom_property(DIGEST)}"
        for key, artifacts in sorted(inputs.items())
        for artifact in artifacts
    ]
    return _digest([*contents, settings])


def find_place(home: Home, parts: Sequence[str], context: BaseExecutor.Context) -> Path:
    """Returns the folder for the state of a training that depends on these parts, its code and the packages."""
    flags = [flag for flag in context.extra_flags or () if flag.startswith(("--code", "--packages"))]
    return home.checkpoints / _digest([*parts, *flags])


def find_base(home: Home, origin: str) -> Version | None:
    """Returns the version to begin with: that in service, or the one that it began with if it is of the same origin.

    Else a run on data that has not changed would train on what it made before, again and again.
    """
    version = in_service(home)
    file = version.extras / LINEAGE if version else None
    if version is None or file is None or not file.exists():
        return version
    lineage = json.loads(file.read_text())
    if lineage["origin"] != origin:
        return version
    return next((verify(each) for each in versions(home) if each.model_digest == lineage["base_digest"]), None)


def find_teacher(home: Home, teacher: Teacher) -> Version:
    """Returns the version to learn from, its files verified; raises MillraceError where there is none."""
    theirs = Home(home.root.parent / teacher.pipeline) if teacher.pipeline else home
    if teacher.version is None:
        version = in_service(theirs)
    else:
        version = next((verify(each) for each in versions(theirs) if each.number == teacher.version), None)
    if version is None:
        what = f"version {teacher.version}" if teacher.version else "any version"
        remedy = "Publish it first, by `millrace run` of its config, or correct training.teacher."
        raise MillraceError(f"{theirs.name} has not published {what}, which is to teach.", str(theirs.serving), remedy)
    return version


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
