"""Workers that share a training, each a step of a compiled file: what they make, and what one that is killed leaves.

The steps are processes of this machine, started as Kubeflow and Argo start pods, at the same time.
"""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from configs.home import Home
from pipelines.compiler.compile import compile_pipeline
from pipelines.runs.directory import find_record
from tests.cluster.backends import Processes
from tests.cluster.engine import Engine
from tests.fakes import mariadb
from tests.pipelines.conftest import free_port
from tests.sandbox import YAML, Sandbox

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(mariadb.missing() != [], reason="apt-get install mariadb-server"),
]

LONG = "{workers: 2, batch_size: 64, steps: 1500, checkpoint_every: 100, optimizer: {name: adam, learning_rate: 1e-2}}"
RUN, AGAIN, WORKER = "r1", "r2", "trainer-worker-2"


def compile_file(place: Sandbox, volume: Path) -> Path:
    """Compiles the small pipeline, its rows on the volume."""
    volume.mkdir()
    place.data.rename(volume / "rows.csv")
    place.config.write_text(YAML.replace("rows.csv", f"{volume}/rows.csv"))
    told = [f"cluster.root={volume}", f"training={LONG}", "resources.default.backoff.seconds=10"]
    file = place.folder / "compiled.yaml"
    file.write_text(compile_pipeline(str(place.config), told))
    return file


def strike(backend: Processes, home: Home) -> None:
    """Kills a worker's pod as soon as the training has kept a state to go on from."""
    deadline = time.monotonic() + 600
    while not list(home.checkpoints.glob("*/state.npz")) and time.monotonic() < deadline:
        time.sleep(0.05)
    backend.kill(f"{RUN}-{WORKER}-0")


def read_node(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(node for node in record["nodes"] if node["node"] == name)


def test_a_worker_s_pod_is_killed_the_next_tries_go_on_and_publish_and_the_cache_answers(fresh: Sandbox) -> None:
    volume, backend = fresh.folder / "volume", Processes()
    file, home, scratch = compile_file(fresh, volume), Home(volume / "trips"), fresh.folder / "steps"
    with mariadb.serve(free_port()) as database:
        secrets = {"millrace-metadata": {"url": database}}
        engine = Engine(file, backend, {"millrace": volume}, secrets, scratch)
        threading.Thread(target=strike, args=(backend, home), daemon=True).start()
        succeeded = engine.execute(RUN)
        codes = {name: ending.codes for name, ending in engine.endings.items()}
        assert engine.execute(AGAIN) or not succeeded
    logs = {each: (scratch / RUN / each / "log.txt").read_text() for each in ("trainer-0", f"{WORKER}-1")}
    assert succeeded, logs
    assert codes == {
        "example-gen-to-transform": [0],
        "trainer": [1, 0],
        WORKER: [backend.killed, 0],
        "resolver-to-pusher": [0],
        "finish": [0],
    }
    assert "Worker 2 of 2 is gone, and with it the training of all." in logs["trainer-0"]
    assert "Trainer-worker-2 is called, and trains" in logs[f"{WORKER}-1"]
    record = find_record(home, RUN)
    trained = read_node(record, "Trainer")
    assert (trained["state"], trained["details"]["devices"]) == ("done", "1 CPU of each of 2 workers")
    assert 100 <= trained["details"]["begun"] < 1500
    assert (record["exit_code"], record["published"]) == (0, 1)
    assert not list(home.run(RUN).glob(".workers*"))
    assert read_node(find_record(home, AGAIN), "Trainer")["state"] == "cached"
    waits, ended = (scratch / AGAIN / f"{WORKER}-0" / "log.txt").read_text().splitlines()  # nothing of TensorFlow's
    assert waits == "Trainer-worker-2 waits for the Trainer to call"
    assert ended == f"The Trainer has ended: {trained['text']}"
