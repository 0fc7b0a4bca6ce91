"""Kubeflow Pipelines over a real socket: a stand-in that reads every request by the models of its API."""

from typing import Any

import pytest
import yaml
from kfp_server_api import models

from configs.errors import ConfigError, MillraceError
from configs.schema.config import Config
from configs.schema.schedule import Schedule
from pipelines.remote import kubeflow
from pipelines.remote.connect import connect_service
from pipelines.remote.schedule import carry_out, clear_replaced, plan_changes, wanted_run
from pipelines.remote.service import Service, Step
from tests.fakes import robfig_cron
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import Answer, KfpServer
from tests.pipelines.remote.conftest import Configure

FIRST = ("ExampleGen", "StatisticsGen", "SchemaGen", "DataGate", "Transform")


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


def test_the_steps_of_a_run_are_told_in_order_without_what_kubeflow_and_argo_do_around_them(
    server: KfpServer, configure: Configure
) -> None:
    def task(name: str, state: str, second: int) -> dict[str, Any]:
        return {"task_id": name, "display_name": name, "state": state, "start_time": f"2026-01-05T03:00:{second:02}Z"}

    around = [
        "root", "root-driver", "trips-x7k2p", "exit-handler-1", "exit-handler-1-driver", "trips-x7k2p.onExit",
        "exit-handler-1.onExit", "example-gen-driver", "executor", "executor(0)", "executor(1)", "driver",
    ]  # fmt: skip
    tasks = [
        *(task(name, "FAILED", 1) for name in around),
        task("trainer", "FAILED", 9),
        task("trainer-worker-2", "FAILED", 10),
        task("trainer-driver", "SUCCEEDED", 8),
        task("example-gen-to-transform", "SUCCEEDED", 2),
        {"task_id": "finish", "display_name": "finish", "state": "PENDING"},
    ]
    server.course = [{"state": "RUNNING", "run_details": {"task_details": tasks}}]
    service = connect_service("kubeflow", configure())
    run = service.get_run(service.submit(PIPELINE, {}).run)
    assert run.steps == (
        Step("example-gen-to-transform", "SUCCEEDED", nodes=FIRST),
        Step("trainer", "FAILED", nodes=("Trainer",)),
        Step("trainer-worker-2", "FAILED"),
        Step("finish", "PENDING"),
    )
    assert (run.state, run.exit_code) == ("RUNNING", None)


def apply(service: Service, config: Config, compiled: str = PIPELINE, **parameters: Any) -> list[str]:
    """Makes the recurring run as the config says; returns what was not as wanted."""
    planned = plan_changes(service, wanted_run(service, config, compiled, parameters))
    carry_out(service, planned, compiled, parameters)
    return list(planned.reasons)


def start(server: KfpServer, service: Service, state: str = "RUNNING") -> str:
    """Starts the run of the one recurring run, as its time has come; returns its id."""
    run = server.fire(next(iter(server.recurring_runs)))
    run.state = state
    return str(run.run_id)


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


OTHER = PIPELINE.replace("0123456789ab", "ba9876543210")


def image_of(run: Any) -> str:
    """The image of what a run is made of."""
    executors = run.pipeline_spec["pipeline_spec"]["deploymentSpec"]["executors"]
    return str(executors["exec-trainer"]["container"]["image"])


def test_a_recurring_run_is_made_of_the_newest_version_of_its_pipeline(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    ((recurring, sent),) = server.recurring_runs.items()
    assert sent.pipeline_spec is None
    assert image_of(server.fire(recurring)) == "millrace:cpu-0123456789ab"
    (reason,) = apply(service, config, OTHER)
    assert reason.startswith("made_of: millrace-")
    assert list(server.recurring_runs) == [recurring]  # it goes on, and none of its runs is lost
    assert image_of(server.fire(recurring)) == "millrace:cpu-ba9876543210"
    assert apply(service, config, OTHER) == []
    apply(service, config)
    assert image_of(server.fire(recurring)) == "millrace:cpu-0123456789ab"
    assert [pipeline.display_name for pipeline in server.pipelines.values()] == ["trips"]


def test_an_upgraded_server_gets_the_pipeline_anew(server: KfpServer, configure: Configure) -> None:
    config = configure()
    apply(connect_service("kubeflow", config), config)
    server.release = "2.17.3"
    (reason,) = apply(connect_service("kubeflow", config), config)
    assert reason.endswith("for 2.17.0 -> " + reason.split()[1].partition(" ")[0] + " for 2.17.3")
    assert apply(connect_service("kubeflow", config), config) == []
    assert writes(server) == ["POST"]


def test_another_parameter_replaces_it(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (reason,) = apply(service, config, cache=False)
    assert reason.startswith("given: ")
    assert writes(server) == ["POST", "POST", "DELETE"]
    assert apply(service, config, cache=False) == []


def test_one_that_carries_its_pipeline_as_older_releases_made_it_is_replaced(
    server: KfpServer, configure: Configure
) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    specification, platform = yaml.safe_load_all(PIPELINE)
    old = models.V2beta1RecurringRun(display_name="trips", description="millrace-0123456789ab", mode="ENABLE")
    old.pipeline_spec = {"pipeline_spec": specification, "platform_spec": platform}
    old.trigger = models.V2beta1Trigger(cron_schedule=models.V2beta1CronSchedule(cron="0 0 3 * * 1"))
    old.runtime_config, old.max_concurrency, old.no_catchup = models.V2beta1RuntimeConfig(), "1", True
    old.experiment_id = service.client.made_experiment()
    server.add_recurring(old)
    assert [reason.split(":")[0] for reason in apply(service, config)] == ["service_account", "made_of", "given"]
    assert apply(service, config) == []
    (kept,) = server.recurring_runs.values()
    assert kept.pipeline_version_reference.pipeline_version_id is None


def test_a_pipeline_that_somebody_deleted_is_made_again(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    server.pipelines.clear()
    server.versions.clear()
    (reason,) = apply(service, config)
    assert reason.startswith("made_of: none -> ")
    assert apply(service, config) == []
    server.fire(next(iter(server.recurring_runs)))


@pytest.mark.parametrize("release", ["2.14.4", "2.16.1", "2.17.0", "unknown"])
def test_the_account_of_a_recurring_run_is_no_difference_where_the_server_does_not_keep_it(
    server: KfpServer, configure: Configure, release: str
) -> None:
    server.release = release
    config = configure("service_account: trainer", "version: '2.14'")
    assert apply(connect_service("kubeflow", config), config) == []
    (sent,) = server.recurring_runs.values()
    assert sent.service_account == "trainer"
    assert apply(connect_service("kubeflow", config), config) == []
    sent.service_account = "pipeline-runner"
    told = apply(connect_service("kubeflow", config), config)
    keeps = release in ("2.17.0", "unknown")
    assert told == (["service_account: pipeline-runner -> trainer"] if keeps else [])


@pytest.mark.parametrize("release", ["2.16.1", "2.17.0"])
def test_one_whose_run_goes_on_is_paused_until_that_has_ended(
    server: KfpServer, configure: Configure, release: str
) -> None:
    server.release = release
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    run = start(server, service)
    said = service.delete(service.recurring()[0])
    assert f"is paused, not deleted: its run {run} goes on, which Kubernetes would lose with it." in said
    assert (run in server.workflows, [each.enabled for each in service.recurring()]) == (True, [False])
    server.runs[run].state = "SUCCEEDED"
    assert service.delete(service.recurring()[0]) == ""
    assert (server.recurring_runs, run in server.workflows) == ({}, release == "2.17.0")


def test_one_that_is_to_go_now_has_its_run_end_first(
    server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeflow.time, "sleep", lambda seconds: None)
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    run = start(server, service)
    assert service.delete(service.recurring()[0], now=True) == ""
    assert (server.runs[run].state, server.recurring_runs) == ("CANCELED", {})
    asked = [path for method, path in server.asked if method in ("POST", "DELETE") and "runs/" in path]
    assert asked[-2] == f"runs/{run}:terminate"  # before what owns its workflow goes


def test_a_run_whose_workflow_is_gone_cannot_be_ended(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure())
    run = service.submit(PIPELINE, {})
    server.workflows.clear()
    with pytest.raises(MillraceError, match="workflows.argoproj.io not found"):
        service.cancel(run.run)


def test_what_was_replaced_in_mid_run_is_cleared_when_that_has_ended(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (old,) = server.recurring_runs
    run = start(server, service)
    apply(service, config, cache=False)
    assert [each.enabled for each in service.recurring()] == [True, False]
    (said,) = clear_replaced(service)
    assert run in said
    server.runs[run].state = "SUCCEEDED"
    assert clear_replaced(service) == []
    assert old not in server.recurring_runs and len(server.recurring_runs) == 1
    service.switch(service.recurring()[0], enabled=False)  # by a person
    assert (clear_replaced(service), len(server.recurring_runs)) == ([], 1)


def test_what_an_apply_left_that_was_cut_short_is_cleared(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (old,) = server.recurring_runs
    server.instead["DELETE", f"recurringruns/{old}"] = Answer(500, '{"message": "the database is away"}')
    with pytest.raises(MillraceError, match="It failed: the database is away. The log of its API server"):
        apply(service, config, cache=False)
    assert len(server.recurring_runs) == 2
    server.instead.clear()
    apply(service, config, cache=False)
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


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 3 * *", "Expected 5 to 6 fields, found 4"),
        ("0 0 3 * * 7", "7 is not between 0 and 6"),
        ("60 0 3 * * 1", "60 is not between 0 and 59"),
        ("0 0 3 * * L", "Failed to parse L"),
        ("0 0 5-3 * * *", "5-3 is not between 0 and 23"),
        ("0 3 * * 1", ""),
        ("*/15 0-30/5 ? 1,15 JAN-mar sun", ""),
    ],
)
def test_the_stand_in_reads_a_cron_as_the_scheduler_does(cron: str, said: str) -> None:
    assert robfig_cron.parse(cron).startswith(said)
    assert bool(robfig_cron.parse(cron)) == bool(said)


@pytest.mark.parametrize(
    ("release", "refused"), [("2.14.4", True), ("2.15.0", True), ("2.16.1", False), ("2.17.0", False)]
)
def test_the_stand_in_refuses_a_section_that_its_release_does_not_know(
    server: KfpServer, configure: Configure, release: str, refused: bool
) -> None:
    server.release = release
    service = connect_service("kubeflow", configure())
    text = PIPELINE.replace(
        "labels: {pool: gpu}", "labels: {pool: gpu}\n          securityContext: {runAsUser: '1000'}"
    )
    if refused:
        with pytest.raises(MillraceError, match='no field named "securityContext"'):
            service.submit(text, {})
    else:
        assert service.submit(text, {}).state == "PENDING"


def test_the_stand_in_takes_no_name_that_its_database_would_not_keep(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure())
    with pytest.raises(MillraceError, match="Experiment.Name length cannot exceed 128"):
        service.client.ask("POST", "experiments", body={"display_name": "e" * 129})
    config = configure()
    long = connect_service("kubeflow", config.model_copy(update={"name": "n" * 250}))
    with pytest.raises(MillraceError, match="It failed: .*Data too long for column 'DisplayName'"):
        long.submit(PIPELINE, {})


def test_who_may_do_nothing_is_told_so(server: KfpServer, configure: Configure) -> None:
    server.forbidden = True
    with pytest.raises(MillraceError, match="It does not allow this: PermissionDenied"):
        connect_service("kubeflow", configure())


def test_runs_of_one_second_are_listed_all(server: KfpServer, configure: Configure) -> None:
    server.tick = 0.0
    service = connect_service("kubeflow", configure())
    assert {service.submit(PIPELINE, {}).run for _ in range(5)} == {run.run for run in service.newest()}


def test_of_an_experiment_the_runs_of_this_pipeline_are_listed_those_of_its_schedule_as_well(
    server: KfpServer, configure: Configure
) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    ours = {service.submit(PIPELINE, {}).run, start(server, service)}
    service.submit(PIPELINE.replace("pipelineInfo: {name: trips}", "pipelineInfo: {name: others}"), {})
    assert {run.run for run in service.newest()} == ours


def test_a_time_zone_that_the_scheduler_does_not_read_in_is_refused(server: KfpServer, configure: Configure) -> None:
    zurich = Schedule(cron="0 3 * * 1", time_zone="Europe/Zurich")
    config = configure().model_copy(update={"schedule": zurich})
    with pytest.raises(ConfigError, match="Kubeflow reads every cron in one time zone, here UTC, not in Europe/Zurich"):
        apply(connect_service("kubeflow", config), config)
    started_so = config.model_copy(update={"cluster": config.cluster.model_copy(update={"time_zone": "Europe/Zurich"})})
    assert apply(connect_service("kubeflow", started_so), started_so) == []
