"""The nodes of the pipeline: what all of it must know of each, told once and known without TensorFlow.

A node is one entry here and one module of `components`, which has two functions: `build(config, made)` returns the TFX
component, where `made` holds those of the nodes before it, by id; `summarise(outputs)` says what came of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NodeSpec:
    """One node: where its code is, what it waits for, and what the rest must see to for it.

    A node that trains runs on `training.device`, reaches the code of the model's family, and keeps checkpoints and
    TensorBoard's logs in the pipeline's home, which go to the store while it works. One that publishes has what is in
    service to itself.
    """

    id: str
    module: str
    after: tuple[str, ...] = ()
    key: str | None = None  # of the config: a pipeline without it has no such node; all have those without a key
    reaches: tuple[str, ...] = ()  # modules that it names in a string in place of an import: part of its code as well
    on_beam: bool = False
    trains: bool = False
    publishes: bool = False
    paths: tuple[tuple[str, str], ...] = ()  # keys of the config that name a file which its container must see


_ALL = (
    NodeSpec("ExampleGen", "components.example_gen", on_beam=True, paths=(("data", "path"),)),
    NodeSpec("StatisticsGen", "components.statistics_gen", after=("ExampleGen",), on_beam=True),
    NodeSpec("SchemaGen", "components.schema_gen", after=("StatisticsGen",), paths=(("data", "schema_file"),)),
    NodeSpec("DataGate", "components.data_gate", after=("StatisticsGen", "SchemaGen")),
    NodeSpec(
        "Transform",
        "components.transform",
        after=("ExampleGen", "SchemaGen", "DataGate"),
        reaches=("trainer.features.preprocessing",),
        on_beam=True,
    ),
    NodeSpec(
        "Tuner", "components.tuner", after=("Transform",), key="tuning", reaches=("trainer.tuner_fn",), trains=True
    ),
    NodeSpec(
        "Trainer",
        "components.trainer",
        after=("Transform", "Tuner"),
        reaches=("trainer.run_fn", "components.training_workers"),
        trains=True,
        paths=(("model", "module"),),
    ),
    NodeSpec("Compress", "components.compress", after=("Transform", "Trainer"), key="compress"),
    NodeSpec("Resolver", "components.resolver", after=("Trainer", "Compress")),
    NodeSpec(
        "Evaluator",
        "components.evaluator",
        after=("ExampleGen", "Trainer", "Compress", "Resolver"),
        reaches=("components.evaluation.slice_extractor",),
        on_beam=True,
        paths=(("evaluation", "golden"),),
    ),
    NodeSpec(
        "SklearnBaselines",
        "components.sklearn_baselines",
        after=("ExampleGen", "Transform"),
        key="baselines",
        on_beam=True,
    ),
    NodeSpec(
        "LoadCheck",
        "components.load_check",
        after=("ExampleGen", "Transform", "Trainer", "Compress"),
        reaches=("components.load_check_process",),
    ),
    NodeSpec(
        "Pusher",
        "components.pusher",
        after=("StatisticsGen", "SchemaGen", "Trainer", "Compress", "Resolver", "Evaluator", "LoadCheck"),
        reaches=("components.scoring.probe",),
        publishes=True,
    ),
)
NODES = {spec.id: spec for spec in _ALL}  # each after those that it waits for
DECIDE = "decide"  # the step of a cluster that begins a run of a schedule: whether to train
FINISH = "finish"  # and the one that ends every run, however it went


def task(id: str) -> str:
    """Returns the name of a node's task in a cluster, of a-z, 0-9 and - alone: ExampleGen is example-gen."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", id).lower()


IDS = {task(id): id for id in (DECIDE, *NODES, FINISH)}
WORKER = "-worker-"  # between Trainer and the number of a worker, which the step has that is one
REACH = "To"  # between the first and the last node of a step that launches several: ExampleGenToTransform


def name_step(nodes: Sequence[str]) -> str:
    """Returns the id of the step that launches these nodes one after another: that of one alone is the node's own."""
    return nodes[0] if len(nodes) == 1 else f"{nodes[0]}{REACH}{nodes[-1]}"


def name_worker(number: int) -> str:
    """Returns the id of the step that is a worker, from the second on, of those that share a training."""
    return f"Trainer{WORKER}{number}"


def read_step(name: str, planned: Sequence[str]) -> tuple[str, ...] | None:
    """Returns the nodes of a plan that the task of this name launches, none for one that launches none; None for what
    is no task of a plan's.
    """
    if re.fullmatch(rf"trainer{WORKER}\d+", name):
        return ()
    first, reaches, last = name.partition(f"-{REACH.lower()}-")
    if not {first, last if reaches else first} <= IDS.keys():
        return None
    begins, ends = IDS[first], IDS[last if reaches else first]
    order = list(NODES)
    return tuple(
        id for id in planned if begins in NODES and order.index(begins) <= order.index(id) <= order.index(ends)
    )
