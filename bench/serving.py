"""What `millrace serve` bears: `python -m bench.serving configs/taxi.yaml`, beside the model's own speed.

The clients are wrk (Debian's package), which takes little of the two cores that it shares with the server. With
`--before PATH/.venv/bin/millrace` another checkout's server takes turns with this one's.
"""

import json
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import psutil
import typer

from components.registry.model_registry import Candidate, Record, promote
from components.registry.versions import in_service
from components.scoring.saved_model import SavedModel
from configs.errors import MillraceError
from configs.home import Home
from configs.loading.loader import load
from configs.schema.config import Config

RAW = "serving_raw"
LOADS = [(rows, clients) for rows in (1, 256) for clients in (1, 16, 64)]
PERIOD = 10  # seconds between two versions
SCRIPT = """
wrk.method, wrk.body = "POST", io.open(os.getenv("BODY"), "rb"):read("*a")
done = function(summary, latency, requests)
  io.write(string.format('\\n{"rate": %f, "median": %f, "p99": %f, "longest": %f, "errors": %d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end
"""
Figures = dict[str, float]


@dataclass(frozen=True)
class Server:
    """One that runs, and how many seconds it took to answer its first row."""

    name: str
    home: Home
    url: str
    process: psutil.Popen
    ready: float


def main(
    path: Path,
    before: Annotated[Path | None, typer.Option(help="The millrace of another checkout.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[int, typer.Option(min=1, help="How long each load lasts.")] = 2,
    changing: Annotated[int, typer.Option(min=0, help="How long versions change, every ten seconds.")] = 30,
) -> None:
    """Measure the version in service of a pipeline, served."""
    config, commands = load(path), {"now": Path(sys.executable).with_name("millrace")}
    if before:
        commands = {"before": before, **commands}
    version = in_service(config.home)
    if version is None:
        raise MillraceError("nothing is in service yet", str(config.home.serving))
    model = SavedModel(str(version.path))
    inputs = blank(model)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        scratch = Path(folder)
        write_requests(scratch, inputs)
        servers = [stack.enter_context(serving(*each, config, version.path, scratch)) for each in commands.items()]
        found: dict[tuple[str, int, int], list[Figures]] = defaultdict(list)
        for _ in range(rounds):
            for threads in (1, 2):
                found["C call, in so many threads", 1, threads].append(call(model, inputs, threads, seconds))
            for rows, clients in LOADS:
                for server in servers:
                    found[server.name, rows, clients].append(drive(server, scratch, rows, clients, seconds))
        for server in servers if changing else ():
            found[f"{server.name}, quiet", 1, 16].append(drive(server, scratch, 1, 16, PERIOD))
            with publishing(server.home, version.path):
                found[f"{server.name}, versions change", 1, 16].append(drive(server, scratch, 1, 16, changing))
        for server in servers:
            memory = server.process.memory_info().rss / 2**20
            typer.echo(f"{server.name}: a row answered {server.ready:.2f} s after the start; {memory:.0f} MB")
    show(found)


def blank(model: SavedModel) -> Mapping[str, np.ndarray]:
    """Returns a row of a model's features."""
    inputs = model.signatures[RAW].inputs.items()
    shapes = {name: [1 if size is None else size for size in info.shape or ()] for name, info in inputs}
    return {name: np.full(shapes[name], b"8" if info.type.kind == "O" else 1, info.type) for name, info in inputs}


def write_requests(scratch: Path, inputs: Mapping[str, np.ndarray]) -> None:
    """Writes what wrk reads: its script, and the bodies by their rows."""
    (scratch / "wrk.lua").write_text(SCRIPT)
    row = {name: values.tolist()[0] for name, values in inputs.items()}
    for rows in (1, 256):
        body = json.dumps({"signature_name": RAW, "instances": [row] * rows}, default=bytes.decode)
        (scratch / f"{rows}.json").write_text(body)


@contextmanager
def serving(name: str, command: Path, config: Config, model: Path, scratch: Path) -> Iterator[Server]:
    """Runs a server of a model on a port of its own; gives it once it has answered."""
    home = Home(scratch / name / config.name)
    promote(home, Candidate(model), Record("bench", "measured"))
    path = scratch / f"{name}.yaml"
    path.write_text(json.dumps(json.loads(config.model_dump_json()) | {"storage": {"root": str(scratch / name)}}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    order = [str(command), "serve", str(path), "--host", "127.0.0.1", "--port", port]
    started = time.monotonic()
    process = psutil.Popen(order, cwd=command.absolute().parents[2], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        url = f"{process.stdout.readline().decode().split()[-1]}:predict"
        urllib.request.urlopen(url, (scratch / "1.json").read_bytes(), timeout=60).close()
        yield Server(name, home, url, process, time.monotonic() - started)
    finally:
        process.terminate()
        process.wait()


def drive(server: Server, scratch: Path, rows: int, clients: int, seconds: int) -> Figures:
    """Returns what a number of clients met, each of which sends its next request when it has its answer."""
    order = [
        "wrk",
        "-t1",
        f"-c{clients}",
        f"-d{seconds}",
        "--timeout",
        "30",
        "-s",
        str(scratch / "wrk.lua"),
        server.url,
    ]
    done = subprocess.run(
        order, env={"BODY": str(scratch / f"{rows}.json")}, capture_output=True, text=True, check=True
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def call(model: SavedModel, inputs: Mapping[str, np.ndarray], threads: int, seconds: int) -> Figures:
    """Returns how fast the model answers a row by the C API, asked by threads that do nothing else."""
    times: list[list[float]] = [[] for _ in range(threads)]

    def repeat(kept: list[float]) -> None:
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            model.answer(RAW, inputs)
            kept.append(time.perf_counter() - started)

    model.answer(RAW, inputs)
    workers = [threading.Thread(target=repeat, args=(kept,)) for kept in times]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    all_times = np.concatenate(times) * 1e3
    median, p99 = np.percentile(all_times, [50, 99])
    return {"rate": len(all_times) / seconds, "median": median, "p99": p99, "longest": all_times.max(), "errors": 0}


@contextmanager
def publishing(home: Home, model: Path) -> Iterator[None]:
    """Publishes a version, which differs by a file, every few seconds."""
    stop = threading.Event()

    def repeat() -> None:
        with TemporaryDirectory() as folder:
            while not stop.wait(PERIOD / 2):
                copy = Path(folder) / str(time.time_ns())
                subprocess.run(["cp", "-r", str(model), str(copy)], check=True)
                (copy / "assets.extra").rename(copy / "assets" / "other")
                (copy / "assets" / "other" / "name").write_text(copy.name)
                promote(home, Candidate(copy), Record(copy.name, "measured"))
                stop.wait(PERIOD / 2)

    worker = threading.Thread(target=repeat)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def show(found: Mapping[tuple[str, int, int], list[Figures]]) -> None:
    """Prints the median of the rounds, as Markdown."""
    columns = ("", "rows", "clients", "requests/s", "median ms", "p99 ms", "longest ms", "errors")
    typer.echo(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for (name, rows, clients), rounds in sorted(found.items(), key=lambda item: (item[0][1:], item[0][0])):
        middle = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        cells = "{rate:,.0f} | {median:.2f} | {p99:.1f} | {longest:.0f} | {errors:.0f}".format(**middle)
        typer.echo(f"| {name} | {rows} | {clients} | {cells} |")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
