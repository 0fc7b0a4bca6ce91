"""A schedule on Kubeflow, from its making to its pause: real commands, the server a stand-in on a real socket.

What the server starts is what was uploaded to it, executed step by step as Kubeflow and Argo do.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.home import Home
from configs.repository import ROOT
from tests.cluster.backends import Processes
from tests.cluster.engine import Engine
from tests.fakes import mariadb
from tests.fakes.kfp_server import KfpServer, serving
from tests.fakes.webhook import Hook, listening
from tests.pipelines.conftest import free_port
from tests.sandbox import PATIENCE, YAML, Answer, Sandbox

pytestmark = pytest.mark.skipif(mariadb.missing() != [], reason="apt-get install mariadb-server")

CRON = "schedule: {cron: 0 3 29 2 *, when: {new_rows: 1000}, failures: {pause_after: 2}}\n"  # no time comes meanwhile
TOLD = 'notify: [{kind: webhook, url_env: HOOK, body: \'{"event": "{event}", "what": "{what}"}\'}]\n'
FINISH = "resources: {default: {retries: 0}, finish: {env: {HOOK: {secret: slack, key: url}}}}\n"


@dataclass
class Cluster:
    """A config in a folder, a server, and a volume on which the steps of its runs work."""

    place: Sandbox
    server: KfpServer
    hook: Hook
    database: str
    backend: Processes = field(default_factory=Processes)

    @property
    def volume(self) -> Path:
        return self.place.folder / "volume"

    @property
    def home(self) -> Home:
        return Home(self.volume / "trips")

    def millrace(self, *arguments: str) -> Answer:
        command = [sys.executable, "-m", "pipelines", *arguments, str(self.place.config)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        return Answer(done.returncode, done.stdout, done.stderr)

    def fire(self) -> "Engine":
        """Has the server start a run as its scheduler does, and carries it out."""
        [recurring] = self.server.recurring_runs
        return self.execute(self.server.fire(recurring))

    def execute(self, run: Any) -> "Engine":
        version = max(self.server.versions.values(), key=lambda each: each.created_at)
        file = self.place.folder / "uploaded.yaml"
        file.write_text(yaml.safe_dump_all([version.pipeline_spec[key] for key in ("pipeline_spec", "platform_spec")]))
        secrets = {"millrace-metadata": {"url": self.database}, "slack": {"url": self.hook.url}}
        claims = {"millrace": self.volume}
        engine = Engine(file, self.backend, claims, secrets, self.place.folder / "steps", wait=lambda _: None)
        engine.execute(run.run_id, **(run.runtime_config.parameters or {}))
        return engine

    def said(self, run_id: str, task: str = "finish") -> str:
        """What a step has written."""
        return (self.place.folder / "steps" / run_id / f"{task}-0" / "log.txt").read_text()

    def shown(self, run_id: str) -> str:
        """The page that Kubeflow shows of the end of a run."""
        [page] = (self.place.folder / "steps" / run_id / "finish-0").rglob("summary")
        return page.read_text()

    @property
    def told(self) -> list[str]:
        return [message["event"] for _, message in self.hook.taken]


@pytest.fixture
def cluster(fresh: Sandbox) -> Iterator[Cluster]:
    volume = fresh.folder / "volume"
    with listening() as hook, serving() as server, mariadb.serve(free_port()) as database:
        data = YAML.replace("rows.csv", f"{volume}/rows.csv")
        where = f"cluster: {{host: '{server.host}', api: '{server.host}', root: {volume}}}\n"
        fresh.config.write_text(data + CRON + TOLD + FINISH + where)
        volume.mkdir()
        fresh.data.rename(volume / "rows.csv")
        yield Cluster(fresh, server, hook, database)


def ran(engine: Engine) -> list[str]:
    return [task for task, ending in engine.endings.items() if ending.codes]


@pytest.mark.slow
def test_failures_pause_it_by_the_service_and_say_so(cluster: Cluster) -> None:
    rows = cluster.volume / "rows.csv"
    rows.write_text(rows.read_text() + "one field\n")
    assert cluster.millrace("schedule", "apply").stdout.startswith("trips: made\n")
    first = cluster.fire()
    assert (first.succeeded, ran(first)) == (False, ["decide", "example-gen-to-pusher", "finish"])
    assert cluster.said(first.run_id, "decide").startswith("due: no run has ended yet, what is new cannot be counted: ")
    assert cluster.told == ["refused"]
    cluster.millrace("schedule", "trigger")
    second = cluster.execute(next(each for each in cluster.server.runs.values() if each.run_id != first.run_id))
    assert not second.succeeded
    assert "The schedule is paused, as 2 runs in a row failed" in cluster.said(second.run_id)
    assert cluster.told == ["refused", "paused"]
    [recurring] = cluster.server.recurring_runs.values()
    assert recurring.mode == "DISABLE"
    assert json.loads(cluster.millrace("schedule", "list", "--output", "json").stdout)[0]["paused"] == "paused"
    assert cluster.millrace("schedule", "resume").stdout == "trips goes on\n"
    assert recurring.mode == "ENABLE"
    third = cluster.fire()
    assert (third.succeeded, ran(third)) == (True, ["decide", "finish"])
    assert "\nnot due: the next time is " in cluster.said(third.run_id)
    assert '<h1 class="good">not due: the next time is ' in cluster.shown(third.run_id)
    assert not (cluster.home.run(third.run_id) / "run.json").exists()


@pytest.mark.full
def test_it_trains_when_there_is_reason_to_and_goes_on_after_a_pod_is_gone(cluster: Cluster) -> None:
    cluster.millrace("schedule", "apply")
    first = cluster.fire()
    assert first.succeeded, cluster.said(first.run_id)
    assert cluster.told == ["published"]
    assert json.loads((cluster.home.run(first.run_id) / "run.json").read_text())["decision"]["due"]
    idle = cluster.fire()
    assert (idle.succeeded, ran(idle)) == (True, ["decide", "finish"])
    cluster.millrace("schedule", "trigger", "--reason", "new labels")
    triggered = cluster.execute([*cluster.server.runs.values()][-1])
    assert triggered.succeeded
    assert cluster.said(triggered.run_id, "decide").endswith(" asks: new labels\n")
    assert cluster.told == ["published"]
