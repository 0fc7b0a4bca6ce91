"""What a person wants to know of a node: the figure that matters, and the details behind it, from its outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeAlias

from tfx import types

from configs.nodes import NODES

Outputs: TypeAlias = Mapping[str, Sequence[types.Artifact]]


@dataclass(frozen=True)
class Summary:
    """One line for the screen, and plain data for the report."""

    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


def summarise(node_id: str, outputs: Outputs) -> Summary:
    """Returns the summary of a node from what it, or the execution that the cache answered with, has left."""
    summary: Summary = import_module(NODES[node_id].module).summarise(outputs)
    return summary
