"""Kubeflow Pipelines: runs and recurring runs of one config's pipeline."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from configs.errors import ConfigError
from configs.schema.config import Config
from pipelines.remote.kubeflow_client import connect
from pipelines.remote.schedule import schedule_of
from pipelines.remote.service import Recurring, Run, Step

NEWEST = 20  # runs that a list shows
MANY = 100  # recurring runs of one name in one experiment, of which there should be one


class Kubeflow:
    """What Kubeflow Pipelines does for the pipeline of one config, in its experiment and as its service account.

    A run carries the compiled pipeline with it: nothing is uploaded that would have to be named and cleared away.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.client = connect(config.cluster)
        self.service_account = config.cluster.service_account

    def submit(self, compiled: str, parameters: Mapping[str, Any]) -> Run:
        """Starts a run."""
        experiment = self.client.made_experiment()
        with _package(compiled) as path:
            started = self.client.quietly(
                self.client.run_pipeline,
                experiment,
                f"{self.config.name} {datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S}",
                path,
                dict(parameters),
                service_account=self.service_account,
            )
        return self._read_run(started)

    def get_run(self, run_id: str) -> Run:
        """Returns a run as it stands."""
        return self._read_run(self.client.get_run(run_id))

    def newest(self) -> list[Run]:
        """Returns the runs of the config's experiment, newest first."""
        experiment = self.client.experiment()
        if experiment is None:
            return []
        found = self.client.list_runs(page_size=NEWEST, sort_by="created_at desc", experiment_id=experiment)
        return [self._read_run(run) for run in found.runs or ()]

    def cron(self) -> str:
        """Returns the schedule's cron in six fields, seconds first; raises ConfigError for a time zone of its own.

        The API knows no time zone, and its parser (robfig/cron 1.2) no prefix: the scheduler reads every cron in the
        one that it was started with.
        """
        schedule, zone = schedule_of(self.config), self.config.cluster.time_zone
        if schedule.time_zone == zone:
            return schedule.with_seconds
        raise ConfigError(
            f"Kubeflow reads every cron in one time zone, here {zone}, not in {schedule.time_zone}",
            "schedule.time_zone",
            f"Write the cron for {zone}. Or start its ml-pipeline-scheduledworkflow with CRON_SCHEDULE_TIMEZONE="
            f"{schedule.time_zone}, and say so by cluster.time_zone.",
        )

    def recurring(self) -> list[Recurring]:
        """Returns the recurring runs of the pipeline, newest first."""
        experiment = self.client.experiment()
        if experiment is None:
            return []
        named = {"operation": "EQUALS", "key": "display_name", "stringValue": self.config.name}
        found = self.client.list_recurring_runs(
            page_size=MANY,
            sort_by="created_at desc",
            experiment_id=experiment,
            filter=json.dumps({"predicates": [named]}),
        )
        known = (self._read_recurring(run) for run in found.recurring_runs or ())
        return [run for run in known if run.name == self.config.name]  # some servers do not mind the case

    def make(self, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
        """Makes a recurring run; returns it with its id."""
        with _package(compiled) as path:
            made = self.client.create_recurring_run(
                self.client.made_experiment(),
                wanted.name,
                description=wanted.made_of,
                cron_expression=wanted.cron,
                max_concurrency=wanted.max_concurrency,
                no_catchup=wanted.no_catchup,
                params=dict(parameters),
                pipeline_package_path=path,
                enabled=wanted.enabled,
                service_account=wanted.service_account,
            )
        return replace(wanted, id=made.recurring_run_id, url=self._page(made.recurring_run_id))

    def delete(self, recurring: Recurring) -> None:
        """Deletes a recurring run; the runs that it started stay."""
        self.client.delete_recurring_run(recurring.id)

    def switch(self, recurring: Recurring, enabled: bool) -> None:
        """Lets a recurring run go on, or pauses it."""
        (self.client.enable_recurring_run if enabled else self.client.disable_recurring_run)(recurring.id)

    def _read_run(self, run: Any) -> Run:
        tasks = (run.run_details.task_details if run.run_details else None) or ()
        return Run(
            run=run.run_id,
            name=run.display_name,
            url=self.client.link("runs", "details", run.run_id),
            state=run.state or "PENDING",
            created=run.created_at.isoformat(timespec="seconds") if run.created_at else "",
            steps=tuple(_read_step(task) for task in sorted(tasks, key=_started) if _is_step(task)),
            error=(run.error.message or "") if run.error else "",
        )

    def _read_recurring(self, run: Any) -> Recurring:
        trigger = run.trigger.cron_schedule if run.trigger else None
        return Recurring(
            id=run.recurring_run_id,
            name=run.display_name,
            cron=(trigger.cron if trigger else None) or "",
            enabled=run.status == "ENABLED" if run.status else run.mode == "ENABLE",
            no_catchup=bool(run.no_catchup),
            max_concurrency=int(run.max_concurrency or 0),
            service_account=run.service_account or "",
            made_of=run.description or "",
            url=self._page(run.recurring_run_id),
        )

    def _page(self, recurring_run_id: str) -> str:
        return self.client.link("recurringrun", "details", recurring_run_id)


@contextmanager
def _package(compiled: str) -> Iterator[str]:
    """A file that holds a compiled pipeline: kfp's client takes no text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        path.write_text(compiled)
        yield str(path)


def _read_step(task: Any) -> Step:
    error = (task.error.message or "") if task.error else ""
    return Step(task.display_name or task.task_id, task.state or "PENDING", error)


def _started(task: Any) -> str:
    at = task.start_time or task.create_time
    return at.isoformat() if at else "9"  # without a time, it has not begun


def _is_step(task: Any) -> bool:
    """Whether a task is a step of the pipeline's, and not what Kubeflow does around each."""
    name = task.display_name or ""
    return name not in ("executor", "driver", "root") and not name.endswith("-driver")
