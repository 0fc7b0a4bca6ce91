"""The nodes of the pipeline and who waits for whom, as plain data: known without TensorFlow."""

from dataclasses import dataclass

from configs.errors import ConfigError


@dataclass(frozen=True)
class Node:
    """One step: the nodes it waits for, and the module its code starts in."""

    id: str
    module: str
    after: tuple[str, ...] = ()


NODES = (
    Node("ExampleGen", "components.ingest"),
    Node("StatisticsGen", "components.statistics", ("ExampleGen",)),
    Node("SchemaGen", "components.schema", ("StatisticsGen",)),
    Node("DataGate", "components.gate", ("StatisticsGen", "SchemaGen")),
    Node("Transform", "components.transform", ("ExampleGen", "SchemaGen", "DataGate")),
    Node("Trainer", "components.train", ("Transform",)),
    Node("Baseline", "components.baseline", ("Trainer",)),
    Node("Evaluator", "components.evaluate", ("ExampleGen", "Trainer", "Baseline")),
    Node("LoadCheck", "components.loadcheck", ("ExampleGen", "Transform", "Trainer")),
    Node("Pusher", "components.publish", ("StatisticsGen", "SchemaGen", "Trainer", "Evaluator", "LoadCheck")),
)
IDS = tuple(node.id for node in NODES)


def until(last: str | None = None) -> tuple[Node, ...]:
    """Returns the nodes, in an order that can be run, that `last` needs and `last` itself; all of them without it."""
    if last is None:
        return NODES
    if last not in IDS:
        raise ConfigError(f"There is no node {last!r}.", where="--until", remedy=f"The nodes are {', '.join(IDS)}.")
    needed = {last}
    for node in reversed(NODES):
        if node.id in needed:
            needed |= set(node.after)
    return tuple(node for node in NODES if node.id in needed)
