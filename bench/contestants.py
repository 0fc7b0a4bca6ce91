"""Who takes part: how each is started, and where its answer lies."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

from bench.measure import ROOT
from bench.task import Answer, Task


@dataclass(frozen=True)
class Contestant:
    """One way to get from the rows to a model; `reads` makes an answer of the task and the standard output."""

    title: str
    starts: Callable[[Task], list[str]]
    reads: Callable[[Task, str], Answer]
    imports: str | None = None  # what it imports, to be measured by itself
    env: Mapping[str, str] = field(default_factory=dict)


def run_millrace(task: Task, changes: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Returns the command of this project; changes are settings of their own."""
    values = {
        "data.path": task.train,
        "storage.root": str(Path(task.folder, "workspace")),
        "training.seed": task.seed,
        "training.steps": task.steps,
        "training.batch_size": task.batch_size,
        "training.early_stopping": "null",
        **changes,
    }
    settings = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    python, option, *_ = task.command("pipelines")
    return [python, option, "pipelines", "run", str(ROOT / "configs/taxi.yaml"), "--output", "json", *settings]


def read_millrace(task: Task, output: str) -> Answer:
    """Returns what a run's record says; a run that published nothing has no model of its own."""
    record = json.loads(output)
    parts = {node["node"]: node["cpu"] for node in record["nodes"]}
    if not record["published"]:
        return Answer(parts)
    model = Path(record["serving"], str(record["published"]))
    return Answer(parts, model=str(model), schema=str(model / "assets.extra/schema/schema.pbtxt"))


def read_file(task: Task, output: str) -> Answer:
    """Returns the answer that one of our scripts has written."""
    return Answer.read(task)


def script(module: str) -> Callable[[Task], list[str]]:
    """Returns what starts one of our scripts."""
    return partial(Task.command, module=module)


LOADING = """
from components.patches.ledger import UNUSED_BY_TFX
from components.patches.optional_imports import left_out
with left_out(UNUSED_BY_TFX):
    import pipelines.graph.tfx_pipeline, pipelines.execution.node_launcher
"""  # as the process of a run does
FASTER = {"training.optimizer.learning_rate": "2e-3"}
CONTESTANTS = {
    "a": Contestant(
        "TFX's example",
        script("bench.example"),
        read_file,
        imports="import bench.example",
        env={"TF_USE_LEGACY_KERAS": "1"},  # Keras 3 refuses the example's model, which leaves inputs unconnected
    ),
    "b": Contestant("Millrace", run_millrace, read_millrace, imports=LOADING),
    "b2": Contestant("Millrace again, unchanged", run_millrace, read_millrace),
    "b3": Contestant("Millrace, another learning rate", partial(run_millrace, changes=FASTER), read_millrace),
    "c": Contestant("plain script", script("bench.plain"), read_file, imports="import bench.plain"),
    "c2": Contestant("plain script, equal work", script("bench.equal"), read_file, imports="import bench.equal"),
}
SAME_FOLDER = {"b2": "b", "b3": "b"}  # a second run where a first was
