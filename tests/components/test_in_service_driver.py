import pytest
from tfx.orchestration.portable.data_types import ExecutionInfo

from components.in_service_driver import IN_SERVICE, Driver, version_of
from components.registry.model_registry import Record
from configs.errors import MillraceError
from configs.home import Home
from tests.fakes.models import publish


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "trips")


def put_into_service(home, folder):
    folder.mkdir()
    (folder / "saved_model.pb").write_text("graph")
    return publish(home, folder, {}, Record("run-1")).version


def told(home):
    properties = {"home": str(home.root), IN_SERVICE: ""}
    return Driver(None).run(ExecutionInfo(exec_properties=properties)).exec_properties[IN_SERVICE].string_value


def test_what_is_in_service_is_part_of_what_a_node_depends_on(home, tmp_path):
    assert told(home) == ""
    version = put_into_service(home, tmp_path / "model")
    assert told(home) == f"1:{version.digest}"


def test_a_node_sees_the_version_that_its_driver_found(home, tmp_path):
    version = put_into_service(home, tmp_path / "model")
    assert version_of({"home": str(home.root), IN_SERVICE: f"1:{version.digest}"}) == version
    assert version_of({"home": str(home.root), IN_SERVICE: ""}) is None


def test_a_damaged_version_is_refused(home, tmp_path):
    version = put_into_service(home, tmp_path / "model")
    (version.path / "saved_model.pb").write_text("other")
    with pytest.raises(MillraceError, match="version 1 is damaged"):
        told(home)
