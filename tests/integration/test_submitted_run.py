"""A run that is submitted and followed to its end, its steps carried out for real, its server a stand-in on a socket.

What `submit --wait` sees comes in the order in which the steps make it: the log of a pod while it works, its try's end,
the next try, and the run's end last, after `finish`.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from configs.home import Home
from configs.repository import ROOT
from tests.cluster.backends import Processes
from tests.cluster.engine import Engine, Step
from tests.fakes import mariadb, memory_group
from tests.fakes.argo_nodes import pod_name, tasks_of
from tests.fakes.kfp_server import KfpServer, serving
from tests.pipelines.conftest import free_port
from tests.sandbox import PATIENCE, YAML, Answer, Sandbox

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(mariadb.missing() != [], reason="apt-get install mariadb-server"),
]


@dataclass
class Watched(Processes):
    """Runs steps, and lets the server tell of them while they work; a run that is told to end stops its step."""

    server: KfpServer
    groups: Mapping[str, Path] = field(default_factory=dict)  # the control groups of steps that have one
    states: dict[str, list[str]] = field(default_factory=dict)  # of each try at each step

    def __post_init__(self) -> None:
        super().__init__()

    def run(self, step: Step) -> int:
        task, _, attempt = step.name[37:].rpartition("-")  # behind the run's id
        if self.is_canceled and task != "finish":  # no pod is made any more but the one of the run's end
            return 1
        tries = self.states.setdefault(task, [])
        tries.append("RUNNING")
        self.tell("RUNNING")
        done = threading.Event()
        watching = threading.Thread(target=self.watch, args=(step, pod_name(task, int(attempt)), done))
        watching.start()
        code = super().run(step)
        done.set()
        watching.join()
        tries[-1] = "FAILED" if code else "SUCCEEDED"
        self.tell("RUNNING")
        return code

    def _place(self, command: Sequence[str], mounts: Mapping[str, Path]) -> list[str]:
        placed = super()._place(command, mounts)
        group = next((group for node, group in self.groups.items() if node in command), None)
        return memory_group.enter(group, placed) if group else placed

    def watch(self, step: Step, pod: str, done: threading.Event) -> None:
        """Shows the log as it grows."""
        log, ended, told = step.outputs / "log.txt", False, "-finish-" in step.name
        while not ended:
            ended = done.wait(0.2)
            self.server.logs[pod] = log.read_text() if log.exists() else ""
            if self.is_canceled and step.name in self.running and not told:
                self.running[step.name].terminate()
                told = True

    @property
    def is_canceled(self) -> bool:
        return any(run.state.startswith("CANCEL") for run in self.server.runs.values())

    def tell(self, state: str) -> None:
        """Has the next look at the run find its steps as they are."""
        tasks = [task for step, tries in self.states.items() for task in tasks_of(step, *tries)]
        shown = "CANCELING" if self.is_canceled and state == "RUNNING" else state
        self.server.course = [{"state": shown, "run_details": {"task_details": tasks}}]


@dataclass
class Cluster:
    """A config, and a server that carries out what is submitted."""

    place: Sandbox
    server: KfpServer
    database: str
    groups: dict[str, Path] = field(default_factory=dict)

    @property
    def volume(self) -> Path:
        return self.place.folder / "volume"

    def submit(self) -> Answer:
        """Submits a run, follows it, and carries it out meanwhile."""
        command = [sys.executable, "-m", "pipelines", "submit", str(self.place.config), "--wait"]
        known = set(self.server.runs)
        with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
            while asking.poll() is None and not set(self.server.runs) - known:
                pass
            if asking.poll() is None:
                self.carry_out(next(reversed(self.server.runs)))
            said, wrong = asking.communicate(timeout=PATIENCE)
        return Answer(asking.returncode, said, wrong)

    def carry_out(self, run_id: str) -> None:
        run = self.server.runs[run_id]
        file = self.place.folder / "submitted.yaml"
        sent = run.pipeline_spec
        file.write_text(yaml.safe_dump_all([sent["pipeline_spec"], sent["platform_spec"]]))
        backend = Watched(self.server, self.groups)
        secrets = {"millrace-metadata": {"url": self.database}}
        scratch = self.place.folder / "steps"
        engine = Engine(file, backend, {"millrace": self.volume}, secrets, scratch, wait=lambda _: None)
        succeeded = engine.execute(run_id, **(run.runtime_config.parameters or {}))
        backend.tell("CANCELED" if backend.is_canceled else "SUCCEEDED" if succeeded else "FAILED")


@pytest.fixture
def cluster(fresh: Sandbox) -> Iterator[Cluster]:
    volume = fresh.folder / "volume"
    with serving() as server, mariadb.serve(free_port()) as database:
        where = f"cluster: {{host: '{server.host}', api: '{server.host}', root: {volume}}}\n"
        fresh.config.write_text(YAML.replace("rows.csv", f"{volume}/rows.csv") + where)
        volume.mkdir()
        fresh.data.rename(volume / "rows.csv")
        yield Cluster(fresh, server, database)


def test_a_run_ends_with_its_own_code_and_sentence(cluster: Cluster) -> None:
    rows = cluster.volume / "rows.csv"
    whole = rows.read_text()
    rows.write_text(whole + "one field\n")
    refused = cluster.submit()
    assert refused.code == 3
    assert refused.stdout.count("The row has 1 field; the header has ") == 2  # at the node, and at the end
    assert "\nData rejected; nothing was published.\n" in refused.stdout
    rows.write_text(whole)
    published = cluster.submit()
    assert (published.code, "Published version 1" in published.stdout) == (0, True)
    cluster.place.config.write_text(cluster.place.config.read_text().replace("min: 0.5", "min: 0.99"))
    unblessed = cluster.submit()
    assert unblessed.code == 4
    assert "\nNot blessed; nothing was published.\n" in unblessed.stdout
    assert [line.split()[0] for line in unblessed.stdout.splitlines()[2:12]] == [
        "ExampleGen", "StatisticsGen", "SchemaGen", "DataGate", "Transform", "Trainer", "Resolver", "Evaluator",
        "LoadCheck", "Pusher",
    ]  # fmt: skip
    assert unblessed.stdout.count("Pusher ") == 1


def test_a_run_that_is_canceled_says_so(cluster: Cluster) -> None:
    def cancel() -> None:
        while not any("Trainer" in log and "running" in log for log in list(cluster.server.logs.values())):
            pass
        (run_id,) = cluster.server.runs
        command = [sys.executable, "-m", "pipelines", "runs", "cancel", str(cluster.place.config), run_id]
        subprocess.run(command, cwd=ROOT, check=True)

    canceling = threading.Thread(target=cancel)
    canceling.start()
    canceled = cluster.submit()
    canceling.join()
    assert canceled.code == 1
    assert canceled.stdout.count("The run was stopped by SIGTERM.") == 2  # at the node, and at the end
    record = json.loads(next(Home(cluster.volume / "trips").runs.glob("*/run.json")).read_text())
    assert (record["exit_code"], record["error"]["where"]) == (1, "Trainer")


def test_a_node_that_wants_more_memory_than_it_may_have_names_the_key(cluster: Cluster) -> None:
    config = cluster.place.config
    config.write_text(config.read_text() + "resources: {Trainer: {memory: 200Mi, retries: 1}}\n")
    with memory_group.bounded(200 << 20) as cluster.groups["Trainer"]:
        killed = cluster.submit()
    assert killed.code == 1
    said = "Trainer reached its limit of 200Mi (resources.Trainer.memory), and was killed"
    assert killed.stdout.count(said) == 2  # at the node, and at the end
    assert "Raise resources.Trainer.memory, or lower what the node keeps in memory." in killed.stdout
    config.write_text(config.read_text().replace("200Mi", "2Gi"))
    with memory_group.bounded(2 << 30) as cluster.groups["Trainer"]:
        published = cluster.submit()
    assert (published.code, "Published version 1" in published.stdout) == (0, True)
