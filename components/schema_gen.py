"""SchemaGen: the curated schema, else that of the version in service, else one inferred from the data."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput
from tfx.types import artifact_utils, standard_artifacts

from components import in_service_driver
from components.base import Made, node
from components.schemas.free_columns import free
from components.schemas.places import FILE, IN_VERSION
from components.schemas.tfdv_schema import extend, infer, read_schema, read_statistics
from components.summaries import Outputs, Summary
from configs.quantities import count
from configs.schema.config import Config


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that decides which schema the data is held against."""
    return node(
        "SchemaGen",
        Executor,
        inputs={"statistics": made["StatisticsGen"].outputs["statistics"]},
        outputs={"schema": standard_artifacts.Schema},
        parameters={
            "home": str(config.home.root),
            "columns": json.dumps(config.columns),
            "free": json.dumps(free(config)),
            "schema_file": config.data.schema_file or "",
            "schema_digest": "",
            in_service_driver.IN_SERVICE: "",
        },
        driver=Driver,
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns how many columns the schema has, and where it comes from."""
    [schema] = outputs["schema"]
    path = Path(schema.uri, FILE)
    columns = len(read_schema(path).feature)
    return Summary(f"{count(columns, 'column')}, {schema.get_string_custom_property('source')}", {"path": str(path)})


class Driver(in_service_driver.Driver):
    """Adds the digest of the curated schema to what is in service."""

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        output = super().run(execution_info)
        if path := execution_info.exec_properties["schema_file"]:
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            output.exec_properties["schema_digest"].string_value = digest
        return output


class Executor(BaseExecutor):
    """Writes schema.pbtxt."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        statistics = read_statistics(artifact_utils.get_single_instance(input_dict["statistics"]))
        known, source = _known(exec_properties)
        inferred = infer(statistics, json.loads(exec_properties["free"]))
        schema = extend(known, inferred, json.loads(exec_properties["columns"]))
        artifact = artifact_utils.get_single_instance(output_dict["schema"])
        artifact.set_string_custom_property("source", source)
        tfdv.write_schema_text(schema, str(Path(artifact.uri) / FILE))


def _known(properties: Mapping[str, str]) -> tuple[schema_pb2.Schema, str]:
    if path := properties["schema_file"]:
        return read_schema(Path(path)), f"curated in {path}"
    if version := in_service_driver.version_of(properties):
        return read_schema(version.path / IN_VERSION), f"of version {version.number}"
    return schema_pb2.Schema(), "inferred"
