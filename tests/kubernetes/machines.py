"""The machines of docs/node-pools.md and deploy/nodepools.yaml, as nodes of GKE's."""

import re
from collections.abc import Mapping
from typing import Any

from configs.repository import ROOT
from pipelines.compiler.node_pools import Pool, read_pools
from tests.kubernetes.control_plane import ControlPlane

PAGE = ROOT / "docs" / "node-pools.md"
TYPES = {"e2-standard-4": (4, 16), "e2-standard-8": (8, 32), "g2-standard-8": (8, 32)}  # CPUs and GiB
TAINTS = {"gpu": "nvidia.com/gpu", "tpu": "google.com/tpu"}  # each with the value `present`, and the resource's name


def allocatable(cpus: int, gibibytes: int) -> dict[str, str]:
    """What GKE leaves of a machine to its pods ("Plan node sizes" of its documentation)."""
    shares = ((4, 0.25), (4, 0.2), (8, 0.1), (112, 0.06))
    reserved, left = 0.1, float(gibibytes)  # GiB; what the kubelet evicts at
    for size, share in shares:
        reserved += min(left, size) * share
        left = max(left - size, 0)
    kept = 60 + 10 + 5 * min(max(cpus - 2, 0), 2) + 2.5 * max(cpus - 4, 0)  # thousandths of a CPU
    return {"cpu": f"{cpus * 1000 - kept:.0f}m", "memory": f"{(gibibytes - reserved) * 1024:.0f}Mi", "pods": "110"}


def make_pool(plane: ControlPlane, name: str, pool: Pool, machine: Mapping[str, str]) -> str:
    """Makes a node of a pool of accelerators, as GKE labels and taints it; returns its name."""
    kind = "tpu" if pool.topology else "gpu"
    taint = {"key": TAINTS[kind], "value": "present", "effect": "NoSchedule"}
    node = f"node-{name}"
    plane.make_node(node, {**machine, TAINTS[kind]: str(pool.chips)}, pool.node_selector, [taint])
    return node


def make_described(plane: ControlPlane) -> list[str]:
    """Makes the nodes that the commands of docs/node-pools.md make at most; returns the names of those of CPUs."""
    plain = []
    for command in re.findall(
        r"^gcloud container (?:clusters|node-pools) create (?:.*\\\n)*.*", PAGE.read_text(), re.M
    ):
        words = command.replace("\\\n", " ").split()
        name = words[4]
        options: dict[str, Any] = dict(re.findall(r"--([\w-]+)=(\S+)", command))
        count = int(options.get("max-nodes", options["num-nodes"]))
        if pool := read_pools().get(name):
            machine = allocatable(*TYPES.get(options["machine-type"], (112, 192)))
            make_pool(plane, name, pool, machine)
            continue
        for number in range(count):
            plain.append(f"node-{name}-{number}")
            plane.make_node(plain[-1], allocatable(*TYPES[options["machine-type"]]))
    return plain
