"""Vertex AI, as far as it goes without an account: what would be sent, held against the library's own types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.aiplatform_v1.types import PipelineState
from google.protobuf import json_format

from configs.errors import ConfigError, MillraceError
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.schedule import Schedule
from pipelines.remote import vertex
from pipelines.remote.connect import connect_service
from pipelines.remote.schedule import differences, wanted_run
from pipelines.remote.service import Step
from pipelines.remote.vertex import Vertex, read_recurring
from tests.fakes import vertex_server
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.vertex_server import VertexServer
from tests.sandbox import YAML

CLUSTER = """
cluster:
  root: gs://bucket/millrace/
  vertex:
    project: a-project
    location: europe-west6
    service_account: trainer@a-project.iam.gserviceaccount.com
    network: projects/1/global/networks/inner
    metadata: projects/a-project/secrets/millrace/versions/latest
schedule: {cron: 0 3 * * 1, time_zone: Europe/Zurich, max_concurrency: 2}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "trips.yaml"
    path.write_text(YAML + CLUSTER)
    return load(path)


@pytest.fixture
def service(config: Config) -> Vertex:
    return Vertex(config, AnonymousCredentials())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[VertexServer]:
    with vertex_server.serve(monkeypatch) as server:
        yield server


def sent(thing: Any) -> dict[str, Any]:
    """What is sent to make a job or a schedule, before Vertex has given it a name."""
    resource = thing._gca_resource
    return json_format.MessageToDict(type(resource).pb(resource))


def test_a_job_is_the_pipeline_its_parameters_and_a_folder_in_the_bucket(service: Vertex) -> None:
    job = service.job(PIPELINE, {"cache": False, "set": ["training.epochs=3"]}, {"millrace": "x"})
    body = sent(job)
    assert body["displayName"] == "trips"
    assert job.job_id.startswith("trips-2")
    assert service.job(PIPELINE, {}).job_id != job.job_id  # sent in the same second
    assert body["labels"]["millrace"] == "x"
    assert body["runtimeConfig"] == {
        "gcsOutputDirectory": "gs://bucket/millrace/trips/vertex",
        "parameterValues": {"cache": False, "set": ["training.epochs=3"]},
    }
    assert body["pipelineSpec"]["root"]["dag"]["tasks"]["trainer"]["taskInfo"] == {"name": "trainer"}
    assert "platforms" not in body["pipelineSpec"]
    assert (job.project, job.location) == ("a-project", "europe-west6")


def test_a_schedule_holds_the_job_and_what_it_is_made_of(service: Vertex, config: Config) -> None:
    wanted = wanted_run(service, config, PIPELINE, {"cache": False})
    assert (wanted.cron, wanted.max_concurrency) == ("TZ=Europe/Zurich 0 3 * * 1", 2)
    assert wanted.service_account == "trainer@a-project.iam.gserviceaccount.com"
    body = sent(service.schedule(wanted, PIPELINE, {"cache": False}))
    assert body["displayName"] == "trips"
    request = body["createPipelineJobRequest"]
    assert request["parent"] == "projects/a-project/locations/europe-west6"
    assert request["pipelineJob"]["labels"]["millrace"] == wanted.made_of
    assert request["pipelineJob"]["runtimeConfig"]["parameterValues"] == {"cache": False}


def test_a_schedule_is_read_as_it_was_wanted(service: Vertex, config: Config) -> None:
    wanted = wanted_run(service, config, PIPELINE, {})
    schedule = service.schedule(wanted, PIPELINE, {})
    kept = schedule._gca_resource  # as Vertex answers: with a name and a state
    kept.name, kept.state, kept.cron = "projects/1/locations/europe-west6/schedules/5", "ACTIVE", wanted.cron
    kept.max_concurrent_run_count = 2
    kept.create_pipeline_job_request.pipeline_job.service_account = wanted.service_account
    found = read_recurring(schedule)
    assert (found.id, differences(found, wanted)) == ("5", [])
    kept.state = "PAUSED"
    assert differences(read_recurring(schedule), wanted) == ["enabled: false -> true"]


def test_a_run_is_read_with_its_steps(service: Vertex) -> None:
    job = service.job(PIPELINE, {})
    kept = job._gca_resource
    kept.name, kept.state = f"projects/1/locations/europe-west6/pipelineJobs/{job.job_id}", "PIPELINE_STATE_CANCELLED"
    kept.job_detail = {
        "task_details": [
            {
                "task_name": "trainer",
                "state": "FAILED",
                "error": {"message": "out of memory"},
                "create_time": "2026-01-05T03:00:09Z",
            },
            {"task_name": "example-gen", "state": "SUCCEEDED", "create_time": "2026-01-05T03:00:02Z"},
        ]
    }
    run = service.read_run(job)
    assert (run.run, run.state, run.exit_code) == (job.job_id, "CANCELED", 1)
    assert run.steps == (
        Step("example-gen", "SUCCEEDED", nodes=("ExampleGen",)),
        Step("trainer", "FAILED", "out of memory", nodes=("Trainer",)),
    )
    assert run.url.endswith(f"/locations/europe-west6/pipelines/runs/{job.job_id}?project=a-project")


def test_runs_are_submitted_listed_and_ended(service: Vertex, server: VertexServer) -> None:
    run = service.submit(PIPELINE, {"cache": False})
    (name, job), *_ = server.jobs.items()
    assert name == f"projects/a-project/locations/europe-west6/pipelineJobs/{run.run}"
    assert (job.service_account, job.network) == (service.service_account, "projects/1/global/networks/inner")
    assert (run.state, run.ended) == ("PENDING", False)
    service.cancel(run.run)
    assert (service.get_run(run.run).state, service.get_run(run.run).ended) == ("CANCELING", False)
    job.state = PipelineState.PIPELINE_STATE_CANCELLED
    assert [(run.run, run.state, run.ended) for run in service.newest()] == [(run.run, "CANCELED", True)]


def test_what_vertex_refuses_is_one_paragraph(
    service: Vertex, server: VertexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex, "new_id", lambda: "20261128-060000-00000000")
    run = service.submit(PIPELINE, {})
    server.jobs[next(iter(server.jobs))].state = PipelineState.PIPELINE_STATE_SUCCEEDED
    with pytest.raises(MillraceError, match="^a-project/europe-west6: Vertex AI refuses: .*PIPELINE_STATE_SUCCEEDED"):
        service.cancel(run.run)
    with pytest.raises(MillraceError, match="Vertex AI refuses: .*trips-0 does not exist"):
        service.get_run("trips-0")
    with pytest.raises(MillraceError, match=f"Vertex AI refuses: .*{run.run} exists"):
        service.submit(PIPELINE, {})


def test_a_run_is_begun_again_as_it_was(service: Vertex, server: VertexServer) -> None:
    first = service.submit(PIPELINE, {"cache": False, "set": ["training.epochs=3"]})
    again = service.repeat(first.run, "ada has run it again")
    old, new = server.jobs.values()
    assert (again.run, again.state) == (new.name.rpartition("/")[2], "PENDING")
    assert again.run != first.run
    for field in ("display_name", "pipeline_spec", "runtime_config", "service_account", "network"):
        assert getattr(new, field) == getattr(old, field)


def test_what_is_made_anew_differs_by_its_label(service: Vertex, config: Config) -> None:
    other = PIPELINE.replace("0123456789ab", "ba9876543210")
    labels = {wanted_run(service, config, compiled, {}).made_of for compiled in (PIPELINE, PIPELINE, other)}
    assert len(labels) == 2


@pytest.mark.parametrize(("cron", "read"), [("0 3 * * 1", "TZ=UTC 0 3 * * 1"), ("0 30 3 * * 1", "TZ=UTC 30 3 * * 1")])
def test_a_cron_has_five_fields_behind_its_time_zone(config: Config, cron: str, read: str) -> None:
    config = config.model_copy(update={"schedule": Schedule(cron=cron)})
    assert Vertex(config, AnonymousCredentials()).cron() == read


def test_a_cron_of_seconds_is_refused(config: Config) -> None:
    config = config.model_copy(update={"schedule": Schedule(cron="30 0 3 * * 1")})
    with pytest.raises(ConfigError, match=r"schedule\.cron: Vertex AI knows no seconds, here 30\. Write five fields\."):
        Vertex(config, AnonymousCredentials()).cron()


def test_a_parameter_that_the_pipeline_has_not_is_one_paragraph(service: Vertex) -> None:
    with pytest.raises(MillraceError, match="^a-project/europe-west6: Vertex AI refuses: .*epochs") as error:
        service.job(PIPELINE, {"epochs": 3})
    assert "\n" not in str(error.value)


def test_without_credentials_one_is_told_to_log_in(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(MillraceError, match="Vertex AI refuses: .*Log in: gcloud auth application-default login"):
        connect_service("vertex", config).newest()


def test_a_config_without_a_project_asks_for_one(config: Config) -> None:
    config = config.model_copy(update={"cluster": config.cluster.model_copy(update={"vertex": None})})
    with pytest.raises(ConfigError, match=r"cluster\.vertex: No project of Vertex AI is named"):
        connect_service("vertex", config)
