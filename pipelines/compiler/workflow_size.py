"""How large the workflow grows that Kubeflow makes of a compiled file: Argo refuses one that is too large.

Argo keeps of each step what its driver was told and made of it, some times over (kubeflow/pipelines,
argocompiler/container.go): the driver's node has the component, the task and the pod's patch, and each of the nodes
below it, of which every try is one, has the patch. The record of the nodes is compressed where all of it is larger
than Argo takes (argo-workflows, workflow/packer/packer.go), and the run ends where it is too large even then.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from configs.errors import ConfigError

LARGEST = 1 << 20  # bytes: MAX_WORKFLOW_SIZE of Argo's controller
TEMPLATES = 60_000  # bytes of the templates and of what the server adds, whatever the pipeline
NODE = 1_500  # bytes of a node beside its parameters: names, times, hosts, messages
LAUNCHER = 1_200  # bytes of the launcher's options and the volumes of every pod, within a patch


def refuse_large(
    specification: Mapping[str, Any], platform: Mapping[str, Any], values: Mapping[str, Any], where: str
) -> None:
    """Raises ConfigError where a run with these parameters, tried as often as may be, would be too large for Argo."""
    size = measure(specification, platform, values)
    if size > LARGEST:
        what = f"a run would make a workflow of up to {size:,} bytes, compressed, and Argo keeps {LARGEST:,}"
        remedy = "Name columns that are alike by one pattern, like pixel_*, or let steps be tried less often (retries)."
        raise ConfigError(what, where, remedy)


def measure(specification: Mapping[str, Any], platform: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Returns how many bytes the workflow has at most, its nodes compressed where Argo does that."""
    declared = specification["root"]["inputDefinitions"]["parameters"]
    given = {name: values.get(name, each.get("defaultValue")) for name, each in declared.items()}
    whole = _size([specification, platform, given]) + TEMPLATES
    nodes = _nodes(specification, platform, given)
    return whole + _size(nodes) if whole + _size(nodes) <= LARGEST else whole + _compress(nodes)


def _nodes(
    specification: Mapping[str, Any], platform: Mapping[str, Any], given: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What is kept of each step, in the order of Argo's ids, which are hashes: no step's copies lie side by side."""
    executors = platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
    found: list[dict[str, Any]] = [{"runtime-config": json.dumps(given)}]
    components = specification["components"]
    inner = [each["dag"]["tasks"] for each in components.values() if "dag" in each]
    for tasks in [specification["root"]["dag"]["tasks"], *inner]:
        for name, task in tasks.items():
            component = components[task["componentRef"]["name"]]
            if "dag" in component:
                continue
            container = specification["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
            told = json.dumps({"inputs": {"parameterValues": given}, "outputs": component.get("outputDefinitions", {})})
            wanted = executors.get(component["executorLabel"], {})
            patch = json.dumps([told, json.dumps(component), container, wanted, "-" * LAUNCHER])
            parts = {"component": component, "task": task, "container": container, "kubernetes-config": wanted}
            found.append({key: json.dumps(part) for key, part in parts.items()} | {"pod-spec-patch": patch})
            tries = task.get("retryPolicy", {}).get("maxRetryCount", -1) + 1
            found += [{"name": f"{name}({index})", "pod-spec-patch": patch} for index in range(tries + 2)]
    rest = (hashlib.sha256(str(index).encode()).hexdigest() * 100 for index in range(len(found)))
    nodes = [{**node, "rest": more[:NODE]} for node, more in zip(found, rest, strict=False)]
    return sorted(nodes, key=lambda node: str(node["rest"]))


def _size(value: Any) -> int:
    return len(json.dumps(value).encode())


def _compress(nodes: list[dict[str, Any]]) -> int:
    return len(base64.b64encode(gzip.compress(json.dumps(nodes).encode(), mtime=0)))
