"""The nodes that a config asks for, and those of them that one node needs: known without TensorFlow."""

from collections.abc import Collection
from dataclasses import replace

from configs.errors import ConfigError
from configs.nodes import NODES, NodeSpec
from configs.schema.config import Config


def choose_nodes(config: Config, last: str | None = None) -> tuple[NodeSpec, ...]:
    """Returns the nodes of a config, in an order that can be run: those that `last` needs and itself; else all.

    Each waits for nodes of the config alone. Raises ConfigError where `last` is none of them.
    """
    present = [spec for spec in NODES.values() if spec.key is None or getattr(config, spec.key)]
    known = {spec.id for spec in present}
    if last is not None and last not in known:
        raise ConfigError(f"There is no node {last!r}.", where="--until", remedy=_list_nodes(known))
    needed = known if last is None else {last}
    for spec in reversed(present):
        if spec.id in needed:
            needed = needed | set(spec.after)
    after = {spec.id: tuple(id for id in spec.after if id in known) for spec in present}
    return tuple(replace(spec, after=after[spec.id]) for spec in present if spec.id in needed)


def _list_nodes(known: Collection[str]) -> str:
    others = [f"{spec.key}: adds {spec.id}" for spec in NODES.values() if spec.key and spec.id not in known]
    return "; ".join([f"The nodes are {', '.join(id for id in NODES if id in known)}", *others]) + "."
