"""Kubeflow Pipelines: runs and recurring runs of one config's pipeline."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from configs.clock import utc_now
from configs.errors import ConfigError, MillraceError
from configs.loading.packed_text import protect
from configs.nodes import IDS, WORKER, read_step
from configs.schema.cluster import order
from configs.schema.config import Config
from configs.schema.kubernetes import spell_pipeline
from configs.schema.resources import Resources
from pipelines.graph.nodes import choose_nodes
from pipelines.remote.kubeflow_client import connect
from pipelines.remote.pods import name_pods, read_tries
from pipelines.remote.schedule import schedule_of
from pipelines.remote.service import Recurring, Run, Step

ENDING = 180.0  # seconds that a run may take to end that is told to
NEWEST = 20  # runs that a list shows
RUNNER = "pipeline-runner"  # whom it runs as by itself
ORPHANS = (2, 17)  # the first release that deletes a recurring run without what it has started, and keeps its account
MANY = 100  # that are looked through: runs of one experiment, and recurring runs of one name, which should be one


class Kubeflow:
    """What Kubeflow Pipelines does for the pipeline of one config, in its experiment and as its service account.

    A run carries the compiled pipeline with it: nothing is uploaded that would have to be named and cleared away. A
    recurring run is made of the newest version of what is uploaded under the pipeline's name, which the server compiles
    anew each time: of one that carried its pipeline, the workflow would stay as the server of that day had made it.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.planned = [spec.id for spec in choose_nodes(config)]
        self.client = connect(config.cluster)
        self.release = self.client.release
        self.service_account = config.cluster.service_account

    def submit(self, compiled: str, parameters: Mapping[str, Any]) -> Run:
        """Starts a run."""
        experiment = self.client.made_experiment()
        with _package(compiled) as path:
            started = self.client.quietly(
                self.client.run_pipeline,
                experiment,
                _name_run(self.config.name),
                path,
                dict(parameters),
                service_account=self.service_account,
            )
        return self._read_run(started)

    def get_run(self, run_id: str) -> Run:
        """Returns a run as it stands."""
        return self._read_run(self.client.get_run(run_id))

    def read_log(self, run_id: str, step: str, node: str) -> str:
        """Returns what a try at a step has said so far; nothing where its pod is gone, or may not be looked at."""
        first = next(iter(read_step(step, self.planned) or ()), IDS.get(step.partition(WORKER)[0], step))
        own = self.config.resources.get(first, Resources())
        resources = self.config.resources.get("default", Resources()).merge(own)
        logs = (self.client.read_log(run_id, pod) for pod in name_pods(node, resources))
        return next(filter(None, logs), "")

    def repeat(self, run_id: str, asked: str) -> Run:
        """Starts a run of the same pipeline with the same parameters; one of a schedule trains in any case."""
        found = self.client.get_run(run_id)
        given = (found.runtime_config.parameters if found.runtime_config else None) or {}
        reference = self.client.api.sanitize_for_serialization(found.pipeline_version_reference)
        made_of = {"pipeline_version_reference": reference} if reference else {"pipeline_spec": found.pipeline_spec}
        asks = reference or "asked" in _parameters_of(found.pipeline_spec)  # what is uploaded is a schedule's
        body = {
            "display_name": _name_run(self.config.name),
            "experiment_id": found.experiment_id,
            "runtime_config": {"parameters": {**given, **({"asked": protect(asked)} if asks else {})}},
            "service_account": self.service_account,
            **made_of,
        }
        return self._read_run(self.client.ask("POST", "runs", "V2beta1Run", body))

    def cancel(self, run_id: str) -> None:
        """Has a run end now, as Kubeflow's own Terminate does: the step at work is stopped, and `finish` comes.

        Raises MillraceError where its workflow is gone: there is nothing left that could end.
        """
        self.client.ask("POST", f"runs/{run_id}:terminate")

    def newest(self) -> list[Run]:
        """Returns the pipeline's runs in the config's experiment, newest first: those of schedules as well."""
        experiment = self.client.experiment()
        if experiment is None:
            return []
        found = self.client.list_runs(page_size=MANY, sort_by="created_at desc", experiment_id=experiment)
        pipeline = self._find_pipeline()
        ours = [run for run in found.runs or () if self._is_ours(run, pipeline)]
        return [self._read_run(run) for run in ours[:NEWEST]]

    def _is_ours(self, run: Any, pipeline: str | None) -> bool:
        """Tells whether a run carries the config's pipeline, or is made of what is uploaded under its name."""
        reference, carried = run.pipeline_version_reference, run.pipeline_spec or {}
        if reference and reference.pipeline_id:
            return bool(reference.pipeline_id == pipeline)
        name = (carried.get("pipeline_spec", carried).get("pipelineInfo") or {}).get("name")
        return bool(name == spell_pipeline(self.config.name))

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
        pipeline = self._find_pipeline() or self._make_pipeline()
        self._upload(pipeline, wanted, compiled)
        body = {
            "display_name": wanted.name,
            "description": wanted.given,
            "experiment_id": self.client.made_experiment(),
            "pipeline_version_reference": {"pipeline_id": pipeline},  # without a version, it is the newest each time
            "runtime_config": {"parameters": dict(parameters)},
            "trigger": {"cron_schedule": {"cron": wanted.cron}},
            "mode": "ENABLE" if wanted.enabled else "DISABLE",
            "max_concurrency": str(wanted.max_concurrency),
            "no_catchup": wanted.no_catchup,
            "service_account": wanted.service_account,
        }
        made = self.client.ask("POST", "recurringruns", "V2beta1RecurringRun", body)
        return replace(wanted, id=made.recurring_run_id, url=self._page(made.recurring_run_id))

    def renew(self, present: Recurring, wanted: Recurring, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
        """Has a recurring run go on with another pipeline, from its next run on."""
        pipeline = self._find_pipeline()
        if pipeline is None or not present.made_of:  # somebody has deleted what it was made of
            made = self.make(wanted, compiled, parameters)
            self.delete(present)
            return made
        self._upload(pipeline, wanted, compiled)
        return replace(present, made_of=wanted.made_of)

    def find_running(self, recurring: Recurring) -> str | None:
        """Returns a run of a recurring one that has not ended."""
        return next((run.run for run in self._list_runs(recurring) if not run.ended), None)

    def delete(self, recurring: Recurring, now: bool = False) -> str:
        """Deletes a recurring run; while a run of it is at work it is paused, and what to do is returned.

        Kubernetes deletes the workflows and pods of its runs with it, which it owns: the one at work would never end.
        With `now` that one is ended first, so that its last step comes. From 2.17 on the others are kept.
        """
        running = self.find_running(recurring)
        if running and not now:
            self.switch(recurring, enabled=False)
            return (
                f"{recurring.name} ({recurring.id}) is paused, not deleted: its run {running} goes on, which "
                "Kubernetes would lose with it. Delete it, or apply again, once that has ended."
            )
        if running:
            self.cancel(running)
            self._wait_for_end(running)
        orphan = {"propagation_policy": "ORPHAN"} if self.release and order(self.release) >= ORPHANS else {}
        self.client.ask("DELETE", f"recurringruns/{recurring.id}", **orphan)
        return ""

    def _wait_for_end(self, run_id: str) -> None:
        deadline = time.monotonic() + ENDING
        while not (run := self.get_run(run_id)).ended:
            if time.monotonic() > deadline:
                what = f"it was told to end, and is {run.state.lower()} after {ENDING:.0f} s"
                raise MillraceError(what, f"run {run_id}", f"Look at it: {run.url}. Then try again.")
            time.sleep(2)

    def switch(self, recurring: Recurring, enabled: bool) -> None:
        """Lets a recurring run go on, or pauses it."""
        (self.client.enable_recurring_run if enabled else self.client.disable_recurring_run)(recurring.id)

    def trigger(self, recurring: Recurring, asked: str) -> Run:
        """Starts a run of the pipeline's newest version, with the parameters of a recurring run."""
        found = self.client.get_recurring_run(recurring.id)
        reference = found.pipeline_version_reference
        newest = self._newest_version(reference.pipeline_id) if reference else {}
        if not newest:
            raise ConfigError(
                "What it is made of is not known", f"{recurring.name} ({recurring.id})", "Run: millrace schedule apply."
            )
        given = (found.runtime_config.parameters if found.runtime_config else None) or {}
        body = {
            "display_name": _name_run(recurring.name),
            "experiment_id": found.experiment_id,
            "pipeline_version_reference": {key: newest[key] for key in ("pipeline_id", "pipeline_version_id")},
            "runtime_config": {"parameters": {**given, "asked": protect(asked)}},
            "service_account": self.service_account,
        }
        return self._read_run(self.client.ask("POST", "runs", "V2beta1Run", body))

    def last_run(self, recurring: Recurring) -> Run | None:
        """Returns the newest run of a recurring one."""
        return next(self._list_runs(recurring), None)

    def _read_run(self, run: Any) -> Run:
        tasks = (run.run_details.task_details if run.run_details else None) or ()
        nodes = {task.pod_name: task for task in tasks}
        return Run(
            run=run.run_id,
            name=run.display_name,
            url=self.client.link("runs", "details", run.run_id),
            state=run.state or "PENDING",
            created=run.created_at.isoformat(timespec="seconds") if run.created_at else "",
            steps=tuple(filter(None, (self._read_step(task, nodes) for task in sorted(tasks, key=_started)))),
            error=(run.error.message or "") if run.error else "",
        )

    def _read_step(self, task: Any, nodes: Mapping[str, Any]) -> Step | None:
        """Returns a step of the pipeline's; None for what Kubeflow and Argo do around each: drivers, tries, hooks, and
        the workflow itself.
        """
        launched = read_step(task.display_name or "", self.planned)
        if launched is None:
            return None
        error = (task.error.message or "") if task.error else ""
        return Step(task.display_name, task.state or "PENDING", error, read_tries(task, nodes), launched)

    def _read_recurring(self, run: Any) -> Recurring:
        trigger = run.trigger.cron_schedule if run.trigger else None
        return Recurring(
            id=run.recurring_run_id,
            name=run.display_name,
            cron=(trigger.cron if trigger else None) or "",
            enabled=run.status == "ENABLED" if run.status else run.mode == "ENABLE",
            no_catchup=bool(run.no_catchup),
            max_concurrency=int(run.max_concurrency or 0),
            service_account=self._kept_account(run.service_account or ""),
            made_of=self._made_of(run.pipeline_version_reference),
            given=run.description or "",
            url=self._page(run.recurring_run_id),
        )

    def _kept_account(self, account: str) -> str:
        """Returns the account that a recurring run was sent, where the server tells: up to 2.16 it may not keep it."""
        keeps = account != RUNNER or not self.release or order(self.release) >= ORPHANS
        return account if keeps else self.service_account

    def _made_of(self, reference: Any) -> str:
        """Returns which pipeline the next run of a recurring one is made of; nothing of one that carries its own."""
        carries = reference is None or reference.pipeline_version_id
        return "" if carries else self._newest_made_of(reference.pipeline_id)

    def _newest_made_of(self, pipeline: str) -> str:
        """Returns what the newest version of a pipeline is made of, by its name; nothing where there is none."""
        return str(self._newest_version(pipeline).get("display_name") or "").rpartition(" ")[0]

    def _newest_version(self, pipeline: str) -> dict[str, Any]:
        """Returns the newest version of a pipeline as the API has it; nothing where there is none."""
        path = f"pipelines/{pipeline}/versions"
        try:
            told = self.client.ask("GET", path, page_size="1", sort_by="created_at desc")
        except ConfigError:  # it is deleted
            return {}
        return dict((told.get("pipeline_versions") or [{}])[0])

    def _find_pipeline(self) -> str | None:
        """Returns the id of what is uploaded under the pipeline's name."""
        named = {"operation": "EQUALS", "key": "display_name", "stringValue": self.config.name}
        found = self.client.ask(
            "GET", "pipelines", namespace=self.client.namespace, filter=json.dumps({"predicates": [named]})
        )
        ids = (each for each in found.get("pipelines") or () if each["display_name"] == self.config.name)
        return next((str(each["pipeline_id"]) for each in ids), None)

    def _make_pipeline(self) -> str:
        body = {"display_name": self.config.name, "namespace": self.client.namespace}
        return str(self.client.ask("POST", "pipelines", body=body)["pipeline_id"])

    def _upload(self, pipeline: str, wanted: Recurring, compiled: str) -> None:
        """Uploads a version, whose name tells what it is made of, unless it is the newest."""
        if self._newest_made_of(pipeline) == wanted.made_of:
            return
        name = f"{wanted.made_of} {utc_now():%Y%m%dT%H%M%S.%f}"
        with _package(compiled) as path:
            self.client.quietly(self.client.upload_pipeline_version, path, name, pipeline_id=pipeline)

    def _list_runs(self, recurring: Recurring) -> Iterator[Run]:
        """Yields the runs of a recurring one, newest first."""
        found = self.client.list_runs(
            page_size=MANY, sort_by="created_at desc", experiment_id=self.client.made_experiment()
        )
        return (self._read_run(run) for run in found.runs or () if run.recurring_run_id == recurring.id)

    def _page(self, recurring_run_id: str) -> str:
        return self.client.link("recurringrun", "details", recurring_run_id)


def _parameters_of(specification: Mapping[str, Any]) -> Mapping[str, Any]:
    root = specification.get("pipeline_spec", specification).get("root", {})
    return dict(root.get("inputDefinitions", {}).get("parameters", {}))


def _name_run(pipeline: str) -> str:
    return f"{pipeline} {utc_now():%Y-%m-%d %H:%M:%S}"


@contextmanager
def _package(compiled: str) -> Iterator[str]:
    """A file that holds a compiled pipeline: kfp's client takes no text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        path.write_text(compiled)
        yield str(path)


def _started(task: Any) -> str:
    at = task.start_time or task.create_time
    return at.isoformat() if at else "9"  # without a time, it has not begun
