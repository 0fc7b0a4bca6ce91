"""Resolver: the version in service, read from the registry and not from metadata."""

import shutil
from pathlib import Path
from typing import Any

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components import in_service_driver
from components.base import Made, find_trained, node
from components.registry.tree_digest import tree_digest
from components.registry.versions import EXTRA, in_service
from components.summaries import Outputs, Summary
from configs.home import Home
from configs.schema.config import Config

MODEL_DIGEST = "model_digest"  # the property in which the output has the digest of the model that it is


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node whose output `model` is what the candidate must not fall behind; empty when there is none."""
    return node(
        "Resolver",
        Executor,
        inputs={"candidate": find_trained(made)},
        outputs={"model": standard_artifacts.Model},
        parameters={"home": str(config.home.root), in_service_driver.IN_SERVICE: ""},
        driver=Driver,
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns which version the candidate is compared with."""
    models = outputs.get("model", [])
    if not models:
        return Summary("nothing else in service to compare with")
    number = models[0].get_int_custom_property("version")
    return Summary(f"version {number}", {"version": number})


class Driver(in_service_driver.Driver):
    """Empties the output when nothing is in service, or when the candidate itself is."""

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        output = super().run(execution_info)
        version = in_service(Home(Path(execution_info.exec_properties["home"])))
        candidate = path_utils.serving_model_path(execution_info.input_dict["candidate"][0].uri)
        if version is None or version.manifest["model_digest"] == tree_digest(Path(candidate), exclude=[EXTRA]):
            output.exec_properties[in_service_driver.IN_SERVICE].string_value = ""
            output.output_artifacts["model"].SetInParent()
        return output


class Executor(BaseExecutor):
    """Copies the version in service, so that what is compared stays what was judged."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        version = in_service_driver.version_of(exec_properties)
        if version:
            artifact = artifact_utils.get_single_instance(output_dict["model"])
            artifact.set_int_custom_property("version", version.number)
            artifact.set_string_custom_property(MODEL_DIGEST, version.model_digest)
            shutil.copytree(version.path, path_utils.serving_model_dir(artifact.uri), dirs_exist_ok=True)
