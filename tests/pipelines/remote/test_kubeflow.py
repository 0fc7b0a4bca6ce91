"""Kubeflow Pipelines over a real socket: a stand-in that reads every request by the models of its API."""

from typing import Any

import pytest

from configs.errors import ConfigError, MillraceError
from configs.schema.config import Config
from configs.schema.schedule import Schedule
from pipelines.remote.connect import connect_service
from pipelines.remote.schedule import carry_out, plan_changes, wanted_run
from pipelines.remote.service import Service, Step
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import Answer, KfpServer
from tests.pipelines.remote.conftest import Configure


def test_a_run_is_started_in_its_experiment_as_its_service_account(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure("service_account: trainer"))
    run = service.submit(PIPELINE, {"cache": False, "set": ["training.epochs=3"]})
    (sent,) = server.runs.values()
    assert run.url == f"{server.host}/#/runs/details/{sent.run_id}"
    assert (run.run, run.state, run.name) == (sent.run_id, "PENDING", sent.display_name)
    assert sent.display_name.startswith("trips 2")
    assert server.experiments[sent.experiment_id].display_name == "nightly"
    assert sent.service_account == "trainer"
    assert sent.runtime_config.parameters == {"cache": False, "set": ["training.epochs=3"]}
    assert sent.pipeline_spec["pipeline_spec"]["root"]["dag"]["tasks"]["trainer"]["cachingOptions"] == {}
    executors = sent.pipeline_spec["platform_spec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors["exec-trainer"]["nodeSelector"] == {"labels": {"pool": "gpu"}}


def test_an_experiment_is_made_once(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure())
    assert service.newest() == []
    assert server.experiments == {}
    first, second = service.submit(PIPELINE, {}), service.submit(PIPELINE, {})
    assert len(server.experiments) == 1
    assert [run.run for run in service.newest()] == [second.run, first.run]


def test_a_server_that_many_share_is_asked_in_the_namespace(server: KfpServer, configure: Configure) -> None:
    server.multi_user = True
    connect_service("kubeflow", configure("namespace: team")).submit(PIPELINE, {})
    assert [experiment.namespace for experiment in server.experiments.values()] == ["team"]


def test_the_steps_of_a_run_are_told_in_order_without_what_kubeflow_does_around_them(
    server: KfpServer, configure: Configure
) -> None:
    def task(name: str, state: str, second: int, error: str = "") -> dict[str, Any]:
        at = f"2026-01-05T03:00:{second:02}Z"
        return {"task_id": name, "display_name": name, "state": state, "start_time": at, "error": {"message": error}}

    tasks = [
        task("trainer", "FAILED", 9, "OOMKilled"),
        task("trainer-driver", "SUCCEEDED", 8),
        task("example-gen", "SUCCEEDED", 2),
        task("executor", "SUCCEEDED", 3),
        {"task_id": "finish", "display_name": "finish", "state": "PENDING"},
    ]
    server.course = [{"state": "RUNNING", "run_details": {"task_details": tasks}}]
    service = connect_service("kubeflow", configure())
    run = service.get_run(service.submit(PIPELINE, {}).run)
    assert run.steps == (
        Step("example-gen", "SUCCEEDED"),
        Step("trainer", "FAILED", "OOMKilled"),
        Step("finish", "PENDING"),
    )
    assert (run.state, run.exit_code) == ("RUNNING", None)


def apply(service: Service, config: Config, compiled: str = PIPELINE, **parameters: Any) -> list[str]:
    """Makes the recurring run as the config says; returns what was not as wanted."""
    planned = plan_changes(service, wanted_run(service, config, compiled, parameters))
    carry_out(service, planned, compiled, parameters)
    return list(planned.reasons)


def writes(server: KfpServer) -> list[str]:
    return [method for method, path in server.asked if method != "GET" and path.startswith("recurringruns")]


def test_a_schedule_is_applied_once(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    assert apply(service, config, cache=False) == []
    assert apply(service, config, cache=False) == []
    (sent,) = server.recurring_runs.values()
    assert sent.trigger.cron_schedule.cron == "0 0 3 * * 1"
    assert (sent.mode, sent.no_catchup, int(sent.max_concurrency)) == ("ENABLE", True, 1)
    assert (sent.display_name, sent.service_account) == ("trips", "millrace")
    assert sent.runtime_config.parameters == {"cache": False}
    assert writes(server) == ["POST"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cron": "30 0 4 * * 1"}, "cron: 0 0 3 * * 1 -> 30 0 4 * * 1"),
        ({"enabled": False}, "enabled: true -> false"),
        ({"no_catchup": False}, "no_catchup: true -> false"),
        ({"max_concurrency": 3}, "max_concurrency: 1 -> 3"),
    ],
)
def test_a_schedule_that_differs_is_replaced(
    server: KfpServer, configure: Configure, change: dict[str, Any], reason: str
) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (old,) = server.recurring_runs
    other = config.model_copy(update={"schedule": Schedule(**{"cron": "0 3 * * 1", **change})})
    changed = connect_service("kubeflow", other)
    assert apply(changed, other) == [reason]
    assert old not in server.recurring_runs
    assert len(server.recurring_runs) == 1
    assert writes(server) == ["POST", "POST", "DELETE"]  # there is never none
    assert apply(changed, other) == []


def test_another_pipeline_or_another_parameter_replaces_it(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (first,) = apply(service, config, PIPELINE.replace("0123456789ab", "ba9876543210"))
    (second,) = apply(service, config, PIPELINE.replace("0123456789ab", "ba9876543210"), cache=False)
    assert first.startswith("made_of: millrace-")
    assert second.startswith(f"made_of: {first.split(' -> ')[1]} -> millrace-")


def test_what_an_apply_left_that_was_cut_short_is_cleared(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (old,) = server.recurring_runs
    changed = PIPELINE.replace("0123456789ab", "ba9876543210")
    server.instead["DELETE", f"recurringruns/{old}"] = Answer(500, '{"message": "the database is away"}')
    with pytest.raises(MillraceError, match="It failed: the database is away. The log of its API server"):
        apply(service, config, changed)
    assert len(server.recurring_runs) == 2
    server.instead.clear()
    apply(service, config, changed)
    assert len(server.recurring_runs) == 1
    assert old not in server.recurring_runs


def test_another_pipelines_schedule_is_left_alone(server: KfpServer, configure: Configure) -> None:
    config = configure()
    other = config.model_copy(update={"name": "Trips"})  # the server does not mind the case
    service, neighbour = connect_service("kubeflow", config), connect_service("kubeflow", other)
    apply(neighbour, other)
    apply(service, config)
    assert sorted(run.display_name for run in server.recurring_runs.values()) == ["Trips", "trips"]
    assert [run.name for run in service.recurring()] == ["trips"]


def test_a_schedule_is_paused_and_resumed_and_deleted(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    for enabled in (False, True):
        service.switch(service.recurring()[0], enabled)
        assert [run.enabled for run in service.recurring()] == [enabled]
    service.delete(service.recurring()[0])
    assert service.recurring() == []


def test_a_time_zone_that_the_scheduler_does_not_read_in_is_refused(server: KfpServer, configure: Configure) -> None:
    zurich = Schedule(cron="0 3 * * 1", time_zone="Europe/Zurich")
    config = configure().model_copy(update={"schedule": zurich})
    with pytest.raises(ConfigError, match="Kubeflow reads every cron in one time zone, here UTC, not in Europe/Zurich"):
        apply(connect_service("kubeflow", config), config)
    started_so = config.model_copy(update={"cluster": config.cluster.model_copy(update={"time_zone": "Europe/Zurich"})})
    assert apply(connect_service("kubeflow", started_so), started_so) == []
