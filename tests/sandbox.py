"""A small pipeline in a folder of its own, driven as a user drives it: by the command line."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from configs.home import Home
from configs.repository import ROOT
from configs.samples import catalog

ROWS = 2000
PATIENCE = 600  # seconds; the machine may be busy
LAST = 40  # lines of a log
YAML = """\
name: trips
data: {format: csv, path: rows.csv}
label: {name: big_tipper, kind: binary}
features:
  fare: {kind: numeric}
  trip_miles: {kind: numeric}
  trip_seconds: {kind: numeric, buckets: 4}
  payment_type: {kind: categorical, vocabulary: 10}
  company: {kind: categorical, vocabulary: 50, oov: 2}
model: {family: dnn, hidden_units: [8]}
training: {batch_size: 64, epochs: 1, optimizer: {name: adam, learning_rate: 1e-2}}
evaluation: {thresholds: {auc: {min: 0.5}}}
storage: {root: workspace}
"""


@dataclass(frozen=True)
class Answer:
    """What a command has said, and the code that it ended with."""

    code: int
    stdout: str
    stderr: str

    @property
    def record(self) -> dict[str, Any]:
        """The record of a run that was asked for as JSON."""
        return json.loads(self.stdout)

    @property
    def states(self) -> dict[str, str]:
        """The state of each node of that run."""
        return {node["node"]: node["state"] for node in self.record["nodes"]}


@dataclass(frozen=True)
class Sandbox:
    """The folder, with rows.csv, trips.yaml and the workspace that the runs leave."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "trips.yaml"

    @property
    def data(self) -> Path:
        return self.folder / "rows.csv"

    @property
    def home(self) -> Home:
        return Home(self.folder / "workspace" / "trips")

    def furnish(self) -> "Sandbox":
        """Writes the config and the first rows of the taxi sample."""
        self.config.write_text(YAML)
        with catalog.resolve("sample://taxi").open() as rows:
            self.data.write_text("".join(islice(rows, ROWS + 1)))
        return self

    def millrace(self, verb: str, *arguments: str) -> Answer:
        """Runs a command on the config, to its end."""
        process = self.start(verb, *arguments)
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        if process.returncode:
            self.show_log()
        return Answer(process.returncode, stdout, stderr)

    def show_log(self) -> None:
        """Writes the end of the newest run's log: pytest shows it where a test fails, when the folder may be gone."""
        logs = sorted(self.home.runs.glob("*/log.txt"), key=lambda log: log.stat().st_mtime)
        for log in logs[-1:]:
            lines = log.read_text(errors="replace").splitlines()
            sys.stderr.write("\n".join([f"The end of {log}:", *lines[-LAST:], ""]))

    def start(self, verb: str, *arguments: str) -> "subprocess.Popen[str]":
        """Starts a command on the config."""
        command = [sys.executable, "-m", "pipelines", verb, str(self.config), *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=ROOT, text=True, env={**os.environ, "COLUMNS": "200"}, **pipes)

    def run(self, *arguments: str) -> Answer:
        """Runs the pipeline, and asks for its record."""
        return self.millrace("run", "--output", "json", *arguments)
