"""The small pipeline in a cluster: its steps are commands, as a compiled pipeline's containers run them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.home import Home
from configs.loading.packed_text import pack, protect
from configs.schema.config import Config
from configs.schema.kubernetes import METADATA
from pipelines.execution.container_entrypoint import Order
from pipelines.graph import fingerprint
from pipelines.storage import sync
from tests.fakes.pods import executor_input
from tests.sandbox import PATIENCE, ROOT, YAML, Answer, Sandbox


@dataclass(frozen=True)
class Cluster:
    """A sandbox whose config is given to each step as text, with the root and the database of the cluster.

    A `disk` is that of a container, where each keeps its working copy of a root in an object store.
    """

    place: Sandbox
    root: str
    database: str
    disk: str | None = None
    password: str = "p@ss"  # noqa: S105

    @property
    def config(self) -> Config:
        order = Order(str(self.place.config), YAML, [], "", self.root)
        storage = order.config().storage.model_copy(update={"metadata": self.database})
        return order.config().model_copy(update={"storage": storage})

    @property
    def outputs(self) -> Path:
        """Where the artifacts go that Kubeflow shows."""
        return self.place.folder / "kfp"

    @property
    def home(self) -> Home:
        return self.config.home

    def start(
        self,
        verb: str,
        run_id: str,
        overrides: Sequence[str] = (),
        artifacts: Sequence[str] = (),
        asked: str = "",
        **changes: str,
    ) -> "subprocess.Popen[str]":
        """Starts a step that overrides the config and has some artifacts; `changes` are options of its own."""
        inputs = {"run_id": run_id, "config": pack(YAML), "set": [protect(each) for each in overrides], "cache": True}
        inputs |= {"asked": asked} if verb == "decide" else {}
        component = {"outputDefinitions": {"artifacts": {name: {"artifactType": {}} for name in artifacts}}}
        told = executor_input(inputs, component, str(self.outputs))
        told["outputs"]["outputFile"] = str(self.outputs / "out.json")
        if verb == "decide":
            told["outputs"]["parameters"] = {n: {"outputFile": str(self.outputs / n)} for n in ("due", "decision")}
        given = {"image": fingerprint.of_image(), "root": self.root, "executor-input": json.dumps(told), **changes}
        options = [word for name, value in given.items() for word in (f"--{name}", value)]
        command = [sys.executable, "-m", "pipelines", verb, str(self.place.config), *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        env = {**os.environ, METADATA: self.database} | ({"TMPDIR": self.disk} if self.disk else {})
        return subprocess.Popen(command, cwd=ROOT, text=True, env=env, **pipes)

    def end(self, process: "subprocess.Popen[str]") -> Answer:
        """Waits for a step to end, which tells no password and shows no traceback."""
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        assert self.password not in stdout + stderr
        assert "Traceback" not in stdout + stderr
        return Answer(process.returncode, stdout, stderr)

    def fetch(self) -> None:
        """Forgets the container's working copy, and brings down all there is."""
        self.forget()
        sync.fetch_files(self.home, self.home.runs, self.home.artifacts)
        sync.fetch_service(self.home)

    def forget(self) -> None:
        """Empties the disk: the next step has a container of its own."""
        if self.disk:
            shutil.rmtree(self.disk)
            os.mkdir(self.disk)

    def step(self, run_id: str, node: str, artifacts: Sequence[str] = (), **changes: str) -> Answer:
        """Runs the step of a node."""
        return self.end(self.start("step", run_id, artifacts=artifacts, node=node, **changes))

    def decide(self, run_id: str, asked: str = "", overrides: Sequence[str] = ()) -> tuple[str, str]:
        """Runs the first step of a schedule's run; returns whether it is due, and why, as Kubeflow is told."""
        answer = self.end(self.start("decide", run_id, overrides, asked=asked))
        assert answer.code == 0, answer.stderr
        due, decision = ((self.outputs / name).read_text() for name in ("due", "decision"))
        assert answer.stdout == f"{decision}\n"
        return due, decision

    def finish(self, run_id: str, overrides: Sequence[str] = (), **changes: str) -> Answer:
        """Runs the exit step."""
        return self.end(self.start("finish", run_id, overrides, artifacts=("summary", "metrics"), **changes))
