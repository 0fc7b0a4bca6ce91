"""Many rows: what each node costs as they grow, on one machine and by a Beam engine: `make bench-scale`.

The rows are made: eight numbers and two categories, of which three decide the label. The training takes the same steps
whatever their number. The engine is Beam's own job server, which gives a job one worker of `millrace
worker-pool`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import pandas as pd
import psutil
import typer

from bench import machine, page
from bench.measure import ROOT, measure

CHUNK = 1_000_000  # rows that are made at a time
PATIENCE = 60.0  # seconds for a server to listen
EVERY = 0.5  # seconds between two looks at the workers' memory
NUMBERS = tuple(f"n{place}" for place in range(8))
SERVER = "apache_beam.runners.portability.local_job_service_main"
WORKERS = 2


@dataclass(frozen=True)
class Way:
    """How the nodes that go over the data are run: by whom, and by how many workers."""

    title: str
    beam: Mapping[str, Any]


DIRECT = {
    1: Way("direct, one worker", {"runner": "direct"}),
    2: Way(
        "direct, two workers",
        {"runner": "direct", "args": {"direct_num_workers": WORKERS, "direct_running_mode": "multi_processing"}},
    ),
}


def write_rows(folder: Path, rows: int, files: int) -> None:
    """Writes so many rows into so many CSV files of a folder; the same each time."""
    random, left = np.random.default_rng(rows), rows
    folder.mkdir(parents=True)
    for number in range(files):
        count = left // (files - number)
        left -= count
        with (folder / f"{number:04d}.csv").open("wb") as file:
            for begin in range(0, count, CHUNK):
                made = make_rows(random, min(CHUNK, count - begin))
                made.to_csv(file, index=False, header=begin == 0)


def make_rows(random: np.random.Generator, count: int) -> pd.DataFrame:
    """Returns so many rows, the label of which two numbers and a category decide but for some noise."""
    numbers = random.normal(size=(count, len(NUMBERS))).astype(np.float32).round(4)
    company, payment = random.integers(0, 500, count), random.integers(0, 6, count)
    score = numbers[:, 0] + 0.5 * numbers[:, 1] + (company % 2) - 0.5 + random.normal(size=count)
    cells = {name: numbers[:, place] for place, name in enumerate(NUMBERS)}
    texts = {"company": [f"company {each}" for each in company], "payment": [f"by {each}" for each in payment]}
    return pd.DataFrame({**cells, **texts, "label": np.where(score > 0, "yes", "no")})


def write_config(folder: Path, beam: Mapping[str, Any]) -> Path:
    """Writes the config of a pipeline over `rows` in a folder; returns where."""
    kinds = {name: {"kind": "numeric"} for name in NUMBERS}
    config = {
        "name": "scale",
        "data": {"format": "csv", "path": str(folder / "rows")},
        "label": {"name": "label", "kind": "binary", "classes": ["no", "yes"]},
        "features": {
            **kinds,
            "company": {"kind": "categorical", "vocabulary": 500},
            "payment": {"kind": "categorical", "vocabulary": 10},
        },
        "model": {"family": "dnn", "hidden_units": [32]},
        "training": {"batch_size": 256, "steps": 200, "seed": 1},
        "evaluation": {"thresholds": {"auc": {"min": 0.5}}},
        "explain": None,
        "beam": beam,
        "storage": {"root": str(folder / "workspace")},
    }
    path = folder / "scale.yaml"
    path.write_text(json.dumps(config))
    return path


@contextmanager
def engine(folder: Path) -> Iterator[tuple[Way, list[float]]]:
    """Starts a job server and a pool; yields how they are used, and MiB of each worker at each look."""
    server, pool = _find_port(), _find_port()
    commands = [
        ["-m", SERVER, "--port", str(server), "--staging_dir", str(folder / "staging")],
        ["-m", "pipelines", "worker-pool", "--port", str(pool)],
    ]
    started, sizes, ended = [_start(command, folder) for command in commands], list[float](), threading.Event()
    try:
        for port in (server, pool):
            _wait_for(port)
        args = {
            "job_endpoint": f"localhost:{server}",
            "environment_type": "EXTERNAL",
            "environment_config": f"localhost:{pool}",
        }
        watch = threading.Thread(target=_watch, args=(started[1].pid, sizes, ended), daemon=True)
        watch.start()
        yield Way("portable, a worker a job", {"runner": "portable", "args": args}), sizes
    finally:
        ended.set()
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def run_way(folder: Path, way: Way, rows: int, files: int) -> dict[str, Any]:
    """Returns the record of a first run up to the Evaluator."""
    config = write_config(folder, way.beam)
    command = [sys.executable, "-m", "pipelines", "run", str(config), "--until", "Evaluator", "--output", "json"]
    cost, output = measure([*command, "--no-cache"], folder, {})
    nodes = {node["node"]: node["seconds"] for node in json.loads(output)["nodes"]}
    return {
        "rows": rows,
        "files": files,
        "way": way.title,
        "wall": cost.wall,
        "cpu": cost.cpu,
        "memory": cost.memory,
        "workers": None,
        "others": cost.others,
        "nodes": nodes,
    }


def grow(sizes: Sequence[int], counts: Sequence[int], keep: Callable[[dict[str, Any]], None]) -> None:
    """Measures each number of rows in so many files, by each way, and hands each record over as it comes."""
    for rows in sizes:
        for files in counts:
            with TemporaryDirectory(prefix="bench-") as place:
                folder = Path(place)
                write_rows(folder / "rows", rows, files)
                for way in DIRECT.values():
                    keep(run_way(folder, way, rows, files))
                with engine(folder) as (way, workers):
                    record = run_way(folder, way, rows, files)
                keep({**record, "workers": max(workers, default=0.0)})


def main(
    rows: Annotated[str, typer.Option(help="How many; the aims are of 1000000,10000000.")] = "1000000",
    files: Annotated[str, typer.Option(help="In how many files.")] = "1,16",
    into: Annotated[Path, typer.Option(help="Where the page goes.")] = ROOT / "docs",
) -> None:
    """Measure how runs grow with their rows, and draw docs/performance.md anew."""
    store = into / page.RECORDS
    stacks = json.loads(store.read_text()) if store.exists() else {}
    into.mkdir(parents=True, exist_ok=True)
    records: list[dict[str, Any]] = []
    stacks.setdefault(machine.name_stack(), {})["scale"] = {"machine": machine.describe(), "records": records}

    def keep(record: dict[str, Any]) -> None:
        records.append(record)
        store.write_text(json.dumps(stacks, indent=1) + "\n")
        typer.echo("{rows:12,} rows {files:3} files  {way:22} {wall:8.1f} s  {memory:7,.0f} MiB".format(**record))

    grow(_read_numbers(rows), _read_numbers(files), keep)
    page.draw(into, stacks)
    typer.echo(f"drawn: {into / page.PAGE}")


def _read_numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _start(command: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "engine.log").open("ab") as log:
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def _find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("localhost", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _watch(pool: int, sizes: list[float], ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        for worker in psutil.Process(pool).children(recursive=True):
            try:
                sizes.append(worker.memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                continue


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
