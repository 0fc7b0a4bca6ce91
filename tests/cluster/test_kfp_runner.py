"""kfp's own local runner does with a compiled file what our executor does: where they differ, ours is wrong.

It knows no retries, no volumes and no secrets: the options of its containers stand for the platform's document.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.home import Home
from configs.repository import ROOT
from configs.schema.kubernetes import METADATA
from tests.cluster.backends import USER, Podman
from tests.cluster.conftest import VOLUME, Cluster
from tests.cluster.engine import Engine
from tests.fakes.pods import tasks_of

pytestmark = pytest.mark.cluster

CONFIG = "configs/line.yaml"
LOCK = Path(__file__).with_name("kfp_runner.txt")
IMAGE = "localhost/millrace:{flavour}-{digest}"


@dataclass(frozen=True)
class Runs:
    """The runs of one compiled file by both, and the folders that kfp's runner gave to what they put out."""

    file: Path
    home: Home
    said: str
    folder: Path

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, by the time at which the runs began."""
        found = [json.loads(path.read_text()) for path in self.home.runs.glob("*/run.json")]
        return sorted(found, key=lambda record: record["started"])


@pytest.fixture(scope="session")
def python() -> str:
    """The Python of an environment with that kfp, made once."""
    folder = ROOT / ".pytest_cache" / f"kfp-runner-{sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    program = folder / "bin" / "python"
    if not program.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(program), "--no-deps", "--require-hashes"]
        subprocess.run([*install, "-r", str(LOCK)], check=True)
    return str(program)


@contextmanager
def docker(folder: Path) -> Iterator[str]:
    """Serves podman as Docker's API has it; yields the address."""
    address = f"unix://{folder}/podman.sock"
    service = subprocess.Popen(["podman", "system", "service", "--time=0", address], env=Podman.env)
    try:
        yield address
    finally:
        service.terminate()
        service.wait(timeout=30)


def compile_file(folder: Path) -> Path:
    file = folder / "line.kfp.yaml"
    command = [sys.executable, "-m", "pipelines", "compile", CONFIG, "-o", str(file), "--image", IMAGE]
    subprocess.run(command, cwd=ROOT, check=True)
    return file


@pytest.fixture(scope="module")
def runs(cluster: Cluster, python: str, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A run by kfp's runner, and an equal one by ours."""
    if not isinstance(cluster.backend, Podman):
        pytest.skip("needs the image: `make test-cluster` as root, with podman")
    place = tmp_path_factory.mktemp("kfp")
    volume, outputs, file = place / "volume", place / "outputs", compile_file(place)
    for folder in (volume, outputs):
        folder.mkdir()
        os.chown(folder, USER, USER)
    options = {
        "mounts": [{"Type": "bind", "Source": str(volume), "Target": VOLUME}],
        "environment": {METADATA: cluster.database},
        "network_mode": "host",
        "cap_drop": ["all"],
        "security_opt": ["no-new-privileges"],
    }
    told = {"file": str(file), "folder": str(outputs), "options": options, "parameters": {}}
    with docker(place) as address:
        ran = subprocess.run(
            [python, str(Path(__file__).with_name("kfp_runner.py"))],
            env={**os.environ, "DOCKER_HOST": address},
            input=json.dumps(told),
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    secrets = {"millrace-metadata": {"url": cluster.database}}
    engine = Engine(file, cluster.backend, {"millrace": volume}, secrets, place / "scratch")
    assert engine.execute("ours")
    return Runs(file, Home(volume / "line"), ran.stdout + ran.stderr, outputs)


def test_it_publishes_the_first_version_and_ours_repeats_it_from_the_cache(runs: Runs) -> None:
    theirs, ours = runs.records
    assert ours["run"] == "ours"
    assert [(each["exit_code"], each["published"]) for each in (theirs, ours)] == [(0, 1), (0, None)]
    assert [node["node"] for node in theirs["nodes"]] == [node["node"] for node in ours["nodes"]]
    assert {node["state"] for node in theirs["nodes"]} == {"done"}
    assert {node["node"]: node["state"] for node in ours["nodes"]}["Trainer"] == "cached"


def test_it_runs_the_tasks_that_our_function_finds(runs: Runs) -> None:
    document, _ = yaml.safe_load_all(runs.file.read_text())
    [folder] = (each for each in runs.folder.iterdir() if each.is_dir())
    assert {each.name for each in folder.iterdir()} <= set(tasks_of(document))
    assert all(f"'{task}'" in runs.said for task in tasks_of(document))


def test_it_finds_what_the_last_step_puts_out(runs: Runs) -> None:
    [page] = runs.folder.rglob("summary")
    assert "version 1 published" in page.read_text()
