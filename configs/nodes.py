"""The nodes of the pipeline: what all of it must know of each, told once and known without TensorFlow.

A node is one entry here and one module of `components`, which has two functions: `build(config, made)` returns the TFX
component, where `made` holds those of the nodes before it, by id; `summarise(outputs)` says what came of it.
"""

import re
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
        reaches=("trainer.run_fn",),
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
TASKS = frozenset(IDS)
