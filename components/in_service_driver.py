"""What is in service, as nodes depend on it: through a driver, so that the cache never answers for it."""

from collections.abc import Mapping
from pathlib import Path

from tfx.dsl.components.base import base_driver as component_driver
from tfx.orchestration import metadata
from tfx.orchestration.portable import base_driver
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput

from components.registry.versions import Version, in_service
from configs.home import Home

IN_SERVICE = "in_service"


class Driver(component_driver.BaseDriver, base_driver.BaseDriver):
    """Puts the number and the digest of the version in service into the execution's properties.

    Raises MillraceError when that version is damaged or gone.
    """

    def __init__(self, handle: metadata.Metadata) -> None:
        component_driver.BaseDriver.__init__(self, handle)
        base_driver.BaseDriver.__init__(self, handle)

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        output = DriverOutput()
        for key, value in execution_info.exec_properties.items():
            output.exec_properties[key].string_value = str(value)
        version = in_service(Home(Path(execution_info.exec_properties["home"])))
        output.exec_properties[IN_SERVICE].string_value = f"{version.number}:{version.digest}" if version else ""
        return output


def version_of(properties: Mapping[str, str]) -> Version | None:
    """Returns the version in service that the driver found for these execution properties."""
    version = in_service(Home(Path(properties["home"])))
    if version is None or not properties[IN_SERVICE]:
        return None
    return version
