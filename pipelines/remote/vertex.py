"""Vertex AI: runs and recurring runs of one config's pipeline.

Not run against Vertex: that takes a project with billing. The tests send it through the library to a stand-in that
answers by the library's own types; what Google's servers answer beyond them is read from its documentation and source.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import google.auth.exceptions
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.credentials import Credentials
from google.cloud import aiplatform
from ruamel.yaml import YAML

from configs.errors import ConfigError, MillraceError
from configs.nodes import read_step
from configs.schema.config import Config
from pipelines.graph.nodes import choose_nodes
from pipelines.remote.schedule import schedule_of
from pipelines.remote.service import Recurring, Run, Step
from pipelines.runs.run import new_id

NEWEST = 20  # runs that a list shows
LABEL = "millrace"  # what a schedule is made of: a digest, since Vertex keeps no description
GIVEN = "millrace-parameters"  # and with which parameters
STATES = {"CANCELLED": "CANCELED", "CANCELLING": "CANCELING", "QUEUED": "PENDING", "STATE_UNSPECIFIED": "PENDING"}
CONSOLE = "https://console.cloud.google.com/vertex-ai"

T = TypeVar("T")


class Vertex:
    """What Vertex AI does for the pipeline of one config, in the project and place of its `cluster.vertex`."""

    def __init__(self, config: Config, credentials: Credentials | None = None) -> None:
        if config.cluster.vertex is None:
            raise ConfigError(
                "No project of Vertex AI is named", "cluster.vertex", "Add project, location and metadata."
            )
        self.config, self.vertex = config, config.cluster.vertex
        self.service_account = self.vertex.service_account or ""
        self.release = None
        self.place = {"project": self.vertex.project, "location": self.vertex.location, "credentials": credentials}

    def submit(self, compiled: str, parameters: Mapping[str, Any]) -> Run:
        """Starts a run."""
        job = self.job(compiled, parameters)
        account, network = self.service_account or None, self.vertex.network
        self._ask(lambda: job.submit(service_account=account, network=network))
        return self.read_run(job)

    def job(self, compiled: str, parameters: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> Any:
        """Returns the job that is sent; its second document, Kubernetes's, is nothing to Vertex."""
        specification = next(iter(YAML(typ="safe", pure=True).load_all(compiled)))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pipeline.json"
            path.write_text(json.dumps(specification))
            return self._ask(
                lambda: aiplatform.PipelineJob(
                    display_name=self.config.name,
                    template_path=str(path),
                    job_id=self._make_id(),
                    pipeline_root=f"{self.config.cluster.root.rstrip('/')}/{self.config.name}/vertex",
                    parameter_values=dict(parameters),
                    labels=dict(labels or {}),
                    **self.place,
                )
            )

    def _make_id(self) -> str:
        """Returns a job's id, of a-z, 0-9 and - alone, which no other has that is sent in the same second."""
        return f"{self.config.name.replace('_', '-')}-{new_id()}"

    def get_run(self, run_id: str) -> Run:
        """Returns a run as it stands."""
        return self.read_run(self._ask(lambda: aiplatform.PipelineJob.get(run_id, **self.place)))

    def read_log(self, run_id: str, step: str, node: str) -> str:
        """Returns nothing: logs of Vertex AI lie in Cloud Logging."""
        return ""

    def repeat(self, run_id: str, asked: str) -> Run:
        """Starts a run of the same pipeline with the same parameters."""
        job = self._ask(lambda: aiplatform.PipelineJob.get(run_id, **self.place))
        again = self._ask(lambda: job.clone(job_id=self._make_id()))
        account, network = self.service_account or None, self.vertex.network
        self._ask(lambda: again.submit(service_account=account, network=network))
        return self.read_run(again)

    def cancel(self, run_id: str) -> None:
        """Has a run end now."""
        self._ask(lambda: aiplatform.PipelineJob.get(run_id, **self.place).cancel())

    def newest(self) -> list[Run]:
        """Returns the newest runs of the pipeline, newest first."""
        found = self._ask(
            lambda: aiplatform.PipelineJob.list(
                filter=f'display_name="{self.config.name}"', order_by="create_time desc", **self.place
            )
        )
        return [self.read_run(job) for job in found[:NEWEST]]

    def cron(self) -> str:
        """Returns the schedule's cron in five fields, behind its time zone; raises ConfigError for one of seconds."""
        schedule = schedule_of(self.config)
        seconds, *fields = schedule.with_seconds.split()
        if seconds != "0":
            raise ConfigError(f"Vertex AI knows no seconds, here {seconds}", "schedule.cron", "Write five fields.")
        return f"TZ={schedule.time_zone} {' '.join(fields)}"

    def recurring(self) -> list[Recurring]:
        """Returns the recurring runs of the pipeline, newest first."""
        named = f'display_name="{self.config.name}"'
        found = self._ask(
            lambda: aiplatform.PipelineJobSchedule.list(filter=named, order_by="create_time desc", **self.place)
        )
        return [read_recurring(schedule) for schedule in found if schedule.state.name in ("ACTIVE", "PAUSED")]

    def schedule(self, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Any:
        """Returns the schedule that is to be made, and when it has to run."""
        job = self.job(compiled, parameters, {LABEL: wanted.made_of, GIVEN: wanted.given})
        return self._ask(lambda: aiplatform.PipelineJobSchedule(job, wanted.name, **self.place))

    def make(self, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
        """Makes a recurring run; returns it with its id."""
        schedule = self.schedule(wanted, compiled, parameters)
        self._ask(
            lambda: schedule.create(
                cron=wanted.cron,
                max_concurrent_run_count=wanted.max_concurrency,
                service_account=wanted.service_account or None,
                network=self.vertex.network,
            )
        )
        made = replace(wanted, id=schedule.name)
        if not wanted.enabled:
            self.switch(made, enabled=False)
        return made

    def renew(self, present: Recurring, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
        """Makes another in the place of a recurring run: a schedule has one pipeline for good."""
        made = self.make(wanted, compiled, parameters)
        self.delete(present)
        return made

    def find_running(self, recurring: Recurring) -> str | None:
        """Returns none: a schedule that is deleted takes no run with it."""
        return None

    def delete(self, recurring: Recurring, now: bool = False) -> str:
        """Deletes a recurring run; the runs that it started stay."""
        self._ask(lambda: self._find(recurring).delete())
        return ""

    def switch(self, recurring: Recurring, enabled: bool) -> None:
        """Lets a recurring run go on, or pauses it."""
        catch_up = self.config.schedule is not None and not self.config.schedule.no_catchup
        found = self._ask(lambda: self._find(recurring))
        self._ask(lambda: found.resume(catch_up=catch_up) if enabled else found.pause())

    def trigger(self, recurring: Recurring, asked: str) -> Run:
        """Refuses: Vertex starts no run of a schedule at another time."""
        remedy = "Run: millrace submit CONFIG --engine vertex, which trains whatever the schedule waits for."
        raise ConfigError("Vertex AI starts runs of a schedule at its times alone", recurring.name, remedy)

    def last_run(self, recurring: Recurring) -> Run | None:
        """Returns the newest run of the pipeline: a job does not tell which schedule has started it."""
        return next(iter(self.newest()), None)

    def _find(self, recurring: Recurring) -> Any:
        return aiplatform.PipelineJobSchedule.get(recurring.id, **self.place)

    def _ask(self, question: Callable[[], T]) -> T:
        where = f"{self.vertex.project}/{self.vertex.location}"
        try:
            return question()
        except google.auth.exceptions.GoogleAuthError as error:
            said, remedy = str(error), "Log in: gcloud auth application-default login."
        except (GoogleAPICallError, RetryError) as error:
            said, remedy = error.message, "See that the project has Vertex AI enabled, and that you may use it."
        except (ValueError, RuntimeError) as error:
            said, remedy = str(error), ""
        line = next(iter(said.strip().splitlines()), "no reason is given").rstrip(".")
        raise MillraceError(f"Vertex AI refuses: {line}.", where, remedy)

    def _read_step(self, task: Any) -> Step:
        nodes = read_step(task.task_name, [spec.id for spec in choose_nodes(self.config)]) or ()
        return Step(task.task_name, task.state.name, task.error.message, nodes=nodes)

    def read_run(self, job: Any) -> Run:
        """Returns a job of the library's as plain data."""
        resource = job.gca_resource
        run_id = resource.name.rpartition("/")[2]  # those of a list have no `job_id`
        state = resource.state.name.removeprefix("PIPELINE_STATE_")
        return Run(
            run=run_id,
            name=resource.display_name,
            url=f"{CONSOLE}/locations/{self.vertex.location}/pipelines/runs/{run_id}?project={self.vertex.project}",
            state=STATES.get(state, state),
            created=resource.create_time.isoformat() if resource.create_time else "",
            steps=tuple(self._read_step(task) for task in _tasks(resource)),
            error=resource.error.message,
        )


def _tasks(resource: Any) -> list[Any]:
    return sorted(resource.job_detail.task_details, key=lambda task: str(task.create_time))


def read_recurring(schedule: Any) -> Recurring:
    """Returns a schedule of the library's as plain data."""
    resource = schedule.gca_resource
    job = resource.create_pipeline_job_request.pipeline_job
    return Recurring(
        id=schedule.name,
        name=resource.display_name,
        cron=resource.cron,
        enabled=resource.state.name == "ACTIVE",
        no_catchup=not resource.catch_up,
        max_concurrency=resource.max_concurrent_run_count,
        service_account=job.service_account,
        made_of=job.labels.get(LABEL, ""),
        given=job.labels.get(GIVEN, ""),
    )
