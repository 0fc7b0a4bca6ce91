"""A cluster of one machine: a compiled file, what runs its steps, a database, and a folder as the volume."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from configs.home import Home
from configs.repository import ROOT
from configs.samples import catalog
from pipelines.runs.run import RECORD
from tests.cluster.backends import Podman, Processes
from tests.cluster.engine import Ending, Engine
from tests.fakes import mariadb
from tests.pipelines.conftest import free_port

CONFIG = "configs/taxi.yaml"
VOLUME = "/workspace"
# Rows that come in spans, and a training whose state is kept early.
SET = [f"data.path={VOLUME}/spans/{{SPAN}}/rows.csv", "training.checkpoint_every=20"]


@dataclass(frozen=True)
class Run:
    """A run that has ended, and what the cluster knows of its tasks."""

    folder: Path
    succeeded: bool = True
    endings: Mapping[str, Ending] = field(default_factory=dict)
    waits: tuple[float, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        return json.loads((self.folder / RECORD).read_text())

    @property
    def states(self) -> dict[str, str]:
        return {node["node"]: node["state"] for node in self.record["nodes"]}

    def node(self, name: str) -> dict[str, Any]:
        return next(node for node in self.record["nodes"] if node["node"] == name)


@dataclass(frozen=True)
class Cluster:
    """Runs the taxi pipeline from its compiled file."""

    folder: Path
    backend: Podman | Processes
    database: str

    @property
    def file(self) -> Path:
        return self.folder / "taxi.yaml"

    @property
    def volume(self) -> Path:
        return self.folder / "volume"

    @property
    def home(self) -> Home:
        return Home(self.volume / "taxi")

    def compile(self, *overrides: str) -> None:
        settings = [f"--set={item}" for item in overrides]
        command = [sys.executable, "-m", "pipelines", "compile", CONFIG, "-o", str(self.file), *settings]
        subprocess.run(command, cwd=ROOT, check=True)

    def run(self, *overrides: str, beside: Callable[[str], None] | None = None) -> Run:
        """Runs the file; `beside` is called with the run's id and does its own meanwhile."""
        run_id, waits = str(uuid.uuid4()), list[float]()
        secrets = {"millrace-metadata": {"url": self.database}}
        engine = Engine(
            self.file, self.backend, {"millrace": self.volume}, secrets, self.folder / "scratch", waits.append
        )
        if beside:
            threading.Thread(target=beside, args=(run_id,), daemon=True).start()
        succeeded = engine.execute(run_id, set=[*SET, *overrides])
        return Run(self.home.run(run_id), succeeded, engine.endings, tuple(waits))

    def strike(self, run_id: str) -> None:
        """Kills the Trainer of a run as soon as it has kept a state to go on from."""
        deadline = time.monotonic() + 1800
        while not list(self.home.checkpoints.glob("*/state.npz")) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.backend.kill(f"{run_id}-trainer-0")


def furnish(volume: Path) -> None:
    """Puts two spans of rows onto a volume: some of the taxi sample, and all of it."""
    rows = catalog.resolve("sample://taxi").read_text().splitlines(keepends=True)
    for span, count in ((1, 1000), (2, len(rows))):
        folder = volume / "spans" / str(span)
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text("".join(rows[:count]))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, which says what runs its steps."""
    if mariadb.missing() and not os.environ.get("CI"):
        pytest.skip(f"not installed: {', '.join(mariadb.missing())} (apt-get install mariadb-server)")
    backend = Podman() if Podman.is_here() else Processes()
    sys.__stderr__.write(f"\nExecuting the compiled pipeline, {backend.title}.\n")
    with mariadb.serve(free_port()) as url:
        cluster = Cluster(tmp_path_factory.mktemp("cluster"), backend, url)
        furnish(cluster.volume)
        cluster.compile("resources.Trainer.retries=2")  # a machine of its own, though it is an equal one
        yield cluster


@pytest.fixture(scope="session")
def first(cluster: Cluster) -> Run:
    """The first run, whose Trainer is killed once."""
    return cluster.run(beside=cluster.strike)


@pytest.fixture(scope="session")
def local(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the same config that needs no cluster."""
    volume = tmp_path_factory.mktemp("local")
    furnish(volume)
    shutil.copy(ROOT / CONFIG, volume)  # an image holds no YAML
    settings = [f"--set={item}" for item in (*SET, f"storage.root={VOLUME}")]
    cluster.backend.millrace({VOLUME: volume}, ["run", f"{VOLUME}/{Path(CONFIG).name}", *settings])
    [folder] = Home(volume / "taxi").runs.iterdir()
    return Run(folder)
