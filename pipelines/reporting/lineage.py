"""What a run cost, and how its artifacts came of one another: each node with what it took, each artifact as a line."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.reporting.lanes import choose_lanes

FIGURES = ("seconds", "cpu", "bytes")  # that are added up


@dataclass(frozen=True)
class Artifact:
    """One artifact: what it is, the execution that made it, and who read it; `lane` is where its line is drawn."""

    name: str
    type: str
    node: str
    execution: int | None
    path: str
    digest: str
    bytes: int | None
    readers: Sequence[str]
    rows: Sequence[int]  # of its maker, then of its readers
    lane: int

    @property
    def tip(self) -> str:
        """What is told of its line."""
        return f"{self.node}.{self.name}, {self.type}, read by {', '.join(self.readers) or 'none'}"


@dataclass(frozen=True)
class Cost:
    """What a node took; a figure that was not measured is None."""

    node: str
    state: str
    seconds: float
    cpu: float | None  # here; none of what its engine took
    memory: int | None
    bytes: int | None  # of what it made
    made: Sequence[str]
    engine: str | None = None  # that did its work


@dataclass(frozen=True)
class Lineage:
    """The costs of the nodes in their order, their sum, and the artifacts."""

    costs: Sequence[Cost]
    total: Cost
    artifacts: Sequence[Artifact]
    command: str  # that makes the run again


def trace_lineage(record: Mapping[str, Any]) -> Lineage:
    """Returns what the record of a run says of its nodes and their artifacts; of an older one as much as it has."""
    nodes = [node for node in record["nodes"] if node["state"] != "not run"]
    costs = [_count(node) for node in nodes]
    artifacts = _lay(nodes, record["folder"])
    return Lineage(costs, _sum(costs), artifacts, tell_command(record))


def tell_command(record: Mapping[str, Any]) -> str:
    """Returns the command that makes a run again, by the config that it left."""
    return f"millrace run {shlex.quote(record['folder'] + '/config.json')} --no-cache"


def _count(node: Mapping[str, Any]) -> Cost:
    sizes = node.get("sizes") or {}
    return Cost(
        node["node"],
        node["state"],
        node["seconds"],
        node.get("cpu"),
        node.get("memory"),
        sum(sizes.values()) if sizes else None,
        list(node["outputs"]),
        node.get("engine"),
    )


def _sum(costs: Sequence[Cost]) -> Cost:
    known = {part: [found for cost in costs if (found := getattr(cost, part)) is not None] for part in FIGURES}
    sums = {part: sum(known[part]) if known[part] else None for part in FIGURES[1:]}
    memory = max((cost.memory for cost in costs if cost.memory), default=None)
    return Cost("in all", "", sum(known["seconds"]), memory=memory, made=(), **sums)


def _lay(nodes: Sequence[Mapping[str, Any]], folder: str) -> list[Artifact]:
    """Returns the artifacts in the order of their makers, each with the lane of its line."""
    home = folder.rpartition("/runs/")[0]
    made = [
        (row, name, uri) for row, node in enumerate(nodes) for name, uris in node["outputs"].items() for uri in uris
    ]
    lines = [[row, *(at for at, other in enumerate(nodes) if at > row and _reads(other, uri))] for row, _, uri in made]
    return [
        Artifact(
            name,
            nodes[row].get("types", {}).get(uri, ""),
            nodes[row]["node"],
            _read_execution(uri, nodes[row]),
            uri.removeprefix(f"{home}/"),
            nodes[row].get("digests", {}).get(uri, ""),
            nodes[row].get("sizes", {}).get(uri),
            [nodes[at]["node"] for at in line[1:]],
            line,
            lane,
        )
        for (row, name, uri), line, lane in zip(made, lines, choose_lanes(lines), strict=True)
    ]


def _reads(node: Mapping[str, Any], uri: str) -> bool:
    return any(uri in uris for uris in node.get("inputs", {}).values())


def _read_execution(uri: str, node: Mapping[str, Any]) -> int | None:
    """Returns the execution that made an artifact: of one that the cache answered with, the last part of its place."""
    made = uri.rpartition("/")[2]
    return int(made) if made.isdecimal() else node.get("execution")
