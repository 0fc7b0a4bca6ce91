"""What Dataflow would be asked for, made by Beam's own client."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.beam import Engine
from pipelines.execution.dataflow_job import describe_job, describe_place
from pipelines.graph.beam_runner import list_flags
from tests.sandbox import Sandbox

ARGS = {
    "project": "acme-ml",
    "region": "europe-west1",
    "temp_location": "gs://acme/temp",
    "sdk_container_image": "registry.example/millrace:cpu-beam-1",
    "machine_type": "n2-standard-4",
    "max_num_workers": 8,
    "service_account_email": "beam@acme-ml.example",
}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: Any, **_: Any) -> None:
        raise AssertionError(f"the network was asked: {asked}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_request_holds_what_the_config_asks_for_under_the_name_of_the_node(tmp_path: Path) -> None:
    engine = json.dumps({"runner": "dataflow", "args": ARGS})
    config = load(Sandbox(tmp_path).furnish().config, [f"beam.nodes.Transform={engine}"])
    assert (
        describe_place(config, "StatisticsGen", "r1") == describe_place(config, "Trainer", "r1") == {"runner": "direct"}
    )
    place = describe_place(config, "Transform", "r1")
    job = place.pop("request")
    assert place == {"runner": "dataflow", "job": "millrace-trips-transform-r1"}
    assert (job["name"], job["type"]) == ("millrace-trips-transform-r1", "JOB_TYPE_BATCH")
    assert job["labels"] == {"millrace-pipeline": "trips", "millrace-node": "transform", "millrace-run": "r1"}
    environment = job["environment"]
    [pool] = environment["workerPools"]
    [container] = pool["sdkHarnessContainerImages"]
    assert container["containerImage"] == ARGS["sdk_container_image"]
    assert (pool["machineType"], pool["autoscalingSettings"]["maxNumWorkers"]) == ("n2-standard-4", 8)
    assert environment["serviceAccountEmail"] == ARGS["service_account_email"]
    assert environment["tempStoragePrefix"].startswith("storage.googleapis.com/acme/temp/millrace-trips-transform-r1.")
    options = environment["sdkPipelineOptions"]["options"]
    assert (options["project"], options["region"]) == ("acme-ml", "europe-west1")
    assert (options["dry_run"], options["no_auth"]) == (False, False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"project": "Acme_ML"}, r"Invalid Project ID \(Acme_ML\)"),
        ({"temp_location": "/tmp"}, r"Invalid GCS path \(/tmp\), given for the option: temp_location"),
    ],
)
def test_what_dataflow_would_refuse_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=f"Dataflow would refuse it: {said}"):
        describe_job(list_flags(Engine(runner="dataflow", args=ARGS | wrong)))


def test_a_job_server_is_named_in_place_of_a_request(tmp_path: Path) -> None:
    engine = json.dumps({"runner": "flink", "args": {"job_endpoint": "beam:8099", "environment_type": "EXTERNAL"}})
    config = load(Sandbox(tmp_path).furnish().config, [f"beam={engine}"])
    assert describe_place(config, "Evaluator", "r1") == {
        "runner": "flink",
        "job": "millrace-trips-evaluator-r1",
        "at": "beam:8099",
    }
