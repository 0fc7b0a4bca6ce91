"""What Kubeflow's launcher tells a step."""

import json
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError
from configs.loading.packed_text import pack
from pipelines.reporting.executor_input import read_executor_input
from tests.fakes.pods import executor_input

VALUES = {"run_id": "r1", "config": pack("name: trips"), "set": ["a=1", pack("b=$$")], "cache": False}


def test_parameters_are_as_they_were_before_they_were_packed() -> None:
    component = {"outputDefinitions": {"artifacts": {"model": {"artifactType": {"schemaTitle": "system.Model"}}}}}
    told = read_executor_input(json.dumps(executor_input(VALUES, component, "minio://x/trainer")))
    assert (told.run_id, told.document, told.overrides, told.cache) == ("r1", "name: trips", ("a=1", "b=$$"), False)
    assert {name: artifact["uri"] for name, artifact in told.artifacts.items()} == {"model": "minio://x/trainer/model"}
    assert told.file == Path("/tmp/kfp_outputs/output_metadata.json")


def test_a_step_that_decides_is_told_who_asks_and_where_its_answer_goes() -> None:
    component = {"outputDefinitions": {"parameters": {"due": {"parameterType": "BOOLEAN"}}}}
    told = read_executor_input(json.dumps(executor_input(VALUES | {"asked": pack("ada: $$")}, component, "")))
    assert (told.asked, told.parameters) == ("ada: $$", {"due": Path("/tmp/kfp/outputs/due")})
    assert read_executor_input(json.dumps(executor_input(VALUES, {}, ""))).asked == ""


def test_a_config_may_be_written_into_kubeflow_s_form_as_it_is() -> None:
    told = read_executor_input(json.dumps(executor_input(VALUES | {"config": "name: trips"}, {}, "")))
    assert told.document == "name: trips"


@pytest.mark.parametrize(
    "change", [{"run_id": 1}, {"config": None}, {"set": "a=1"}, {"set": [1]}, {"cache": "true"}, {"set": [["a=1"]]}]
)
def test_a_value_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="^--executor-input: this is no executor input of Kubeflow's"):
        read_executor_input(json.dumps(executor_input(VALUES | change, {}, "")))


@pytest.mark.parametrize(
    "text", ["", "{}", '{"outputs": {"artifacts": {"summary": {"artifacts": []}}}}', "[1]", "null"]
)
def test_what_is_no_executor_input_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="^--executor-input: this is no executor input of Kubeflow's"):
        read_executor_input(text)


def test_a_damaged_config_is_named() -> None:
    with pytest.raises(ConfigError, match="^--executor-input config: begins like a packed text, and is none"):
        read_executor_input(json.dumps(executor_input(VALUES | {"config": "H4sIAAAA"}, {}, "")))
