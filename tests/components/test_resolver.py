from pathlib import Path

import pytest
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.in_service_driver import IN_SERVICE
from components.registry.model_registry import Record
from components.resolver import Driver, Executor, summarise
from components.summaries import Summary
from configs.home import Home
from tests.fakes.models import publish


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "trips")


@pytest.fixture
def candidate(tmp_path):
    return artifact(tmp_path / "candidate", "graph")


def artifact(folder, graph=None):
    """A Model of TFX's, with what is exported in its place."""
    model = standard_artifacts.Model()
    model.uri = str(folder)
    if graph is not None:
        exported = Path(path_utils.serving_model_dir(model.uri))
        exported.mkdir(parents=True)
        (exported / "saved_model.pb").write_text(graph)
    return model


def serve(home, tmp_path, graph):
    model = artifact(tmp_path / "served", graph)
    return publish(home, Path(path_utils.serving_model_path(model.uri)), {}, Record("run-1")).version


def drive(home, candidate):
    properties = {"home": str(home.root), IN_SERVICE: ""}
    output = Driver(None).run(ExecutionInfo(exec_properties=properties, input_dict={"candidate": [candidate]}))
    return output.exec_properties[IN_SERVICE].string_value, "model" in output.output_artifacts


def test_another_model_in_service_is_compared_with(home, candidate, tmp_path):
    version = serve(home, tmp_path, "another graph")
    found, emptied = drive(home, candidate)
    assert (found, emptied) == (f"1:{version.digest}", False)
    copy = artifact(tmp_path / "copy")
    Executor().Do({}, {"model": [copy]}, {"home": str(home.root), IN_SERVICE: found})
    assert Path(path_utils.serving_model_path(copy.uri), "saved_model.pb").read_text() == "another graph"
    assert summarise({"model": [copy]}) == Summary("version 1", {"version": 1})


def test_a_candidate_is_not_compared_with_itself(home, candidate, tmp_path):
    serve(home, tmp_path, "graph")
    assert drive(home, candidate) == ("", True)


def test_with_nothing_in_service_there_is_nothing_to_compare_with(home, candidate):
    assert drive(home, candidate) == ("", True)
    assert summarise({}).text == "nothing else in service to compare with"
