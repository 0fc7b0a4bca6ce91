"""The nodes of the pipeline and who waits for whom, as plain data: known without TensorFlow."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from configs.errors import ConfigError
from configs.schema.config import Config


@dataclass(frozen=True)
class Node:
    """One step: the module its code starts in, the nodes it waits for, and the key of the config that asks for it."""

    id: str
    module: str
    after: tuple[str, ...] = ()
    key: str | None = None  # a pipeline without it has no such node; all have those without a key


NODES = (
    Node("ExampleGen", "components.example_gen"),
    Node("StatisticsGen", "components.statistics_gen", ("ExampleGen",)),
    Node("SchemaGen", "components.schema_gen", ("StatisticsGen",)),
    Node("DataGate", "components.data_gate", ("StatisticsGen", "SchemaGen")),
    Node("Transform", "components.transform", ("ExampleGen", "SchemaGen", "DataGate")),
    Node("Tuner", "components.tuner", ("Transform",), key="tuning"),
    Node("Trainer", "components.trainer", ("Transform", "Tuner")),
    Node("Resolver", "components.resolver", ("Trainer",)),
    Node("Evaluator", "components.evaluator", ("ExampleGen", "Trainer", "Resolver")),
    Node("SklearnBaselines", "components.sklearn_baselines", ("ExampleGen", "Transform"), key="baselines"),
    Node("LoadCheck", "components.load_check", ("ExampleGen", "Transform", "Trainer")),
    Node("Pusher", "components.pusher", ("StatisticsGen", "SchemaGen", "Trainer", "Evaluator", "LoadCheck")),
)
IDS = tuple(node.id for node in NODES)


def nodes(config: Config, last: str | None = None) -> tuple[Node, ...]:
    """Returns the nodes of a config, in an order that can be run: those that `last` needs and itself; else all."""
    present = [node for node in NODES if node.key is None or getattr(config, node.key)]
    known = {node.id for node in present}
    if last is not None and last not in known:
        raise ConfigError(f"There is no node {last!r}.", where="--until", remedy=_list(known))
    needed = known if last is None else {last}
    for node in reversed(present):
        if node.id in needed:
            needed = needed | set(node.after)
    after = {node.id: tuple(name for name in node.after if name in known) for node in present}
    return tuple(replace(node, after=after[node.id]) for node in present if node.id in needed)


def _list(known: Collection[str]) -> str:
    others = [f"{node.key}: adds {node.id}" for node in NODES if node.key and node.id not in known]
    return "; ".join([f"The nodes are {', '.join(id for id in IDS if id in known)}", *others]) + "."
