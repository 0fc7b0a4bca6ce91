"""Wide data: what each node costs as columns grow, on random numbers of which two decide the label."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import typer

from bench.measure import measure

COLUMNS = (100, 857, 1_000, 5_000)
ROWS = 809


def grow(columns: Sequence[int] = COLUMNS) -> list[dict[str, Any]]:
    """Returns a record of a first run on each number of columns: wall and CPU seconds, MiB, and both by node."""
    records = []
    for count in columns:
        with TemporaryDirectory(prefix="bench-") as folder:
            config = write(Path(folder), count)
            command = [sys.executable, "-m", "pipelines", "run", str(config), "--output", "json"]
            cost, output = measure(command, Path(folder), {})
        nodes = {node["node"]: {"wall": node["seconds"], "cpu": node["cpu"]} for node in json.loads(output)["nodes"]}
        records.append({"columns": count, "wall": cost.wall, "cpu": cost.cpu, "memory": cost.memory, "nodes": nodes})
        typer.echo(f"{count:,} columns {cost.wall:8.1f} s  CPU {cost.cpu:8.1f} s  {cost.memory:,.0f} MiB")
    return records


def write(folder: Path, count: int) -> Path:
    """Writes the rows and the config of a pipeline; returns the config."""
    random = np.random.default_rng(count)
    numbers = random.normal(size=(ROWS, count)).astype(np.float32)
    names = [f"c{place}" for place in range(count)]
    with (folder / "rows.csv").open("w") as file:
        file.write(",".join([*names, "label"]) + "\n")
        for row in numbers:
            file.write(",".join([*(f"{number:.4f}" for number in row), "yes" if row[0] + row[1] > 0 else "no"]) + "\n")
    config = {
        "name": "wide",
        "data": {"format": "csv", "path": "rows.csv"},
        "label": {"name": "label", "kind": "binary", "classes": ["no", "yes"]},
        "features": {name: {"kind": "numeric"} for name in names},
        "model": {"family": "dnn", "hidden_units": [32]},
        "training": {"batch_size": 32, "epochs": 3},
        "evaluation": {"thresholds": {"auc": {"min": 0.4}}},
        "storage": {"root": str(folder / "workspace")},
    }
    path = folder / "wide.yaml"
    path.write_text(json.dumps(config))
    return path
