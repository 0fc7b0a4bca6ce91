"""The pods of a step as Kubeflow tells of them: a try each.

What the API calls a task is a node of Argo's, under the node's id. The name of its pod Argo makes of that and of the
template's (argo-workflows, workflow/util/pod_name.go), which is Kubeflow's (kubeflow/pipelines 2.14 to 2.17,
argocompiler/container.go: addContainerExecutorTemplate).
"""

from collections.abc import Mapping
from typing import Any

from configs.schema.resources import Resources
from pipelines.remote.service import Try

EXECUTOR = "executor"  # what runs the step's container; a step that is tried again has a node below it for each try
TEMPLATE = "system-container-impl"
OWN_LABELS = 3  # that the compiler writes to every step's pod


def read_tries(task: Any, tasks: Mapping[str, Any]) -> tuple[Try, ...]:
    """Returns the tries at a step, oldest first, by its task and all tasks of the run by their nodes."""
    found = []
    for node in [child for executor in _below(task, tasks) for child in _below(executor, tasks) or [executor]]:
        number = node.display_name.removeprefix(EXECUTOR).strip("()") or "0"
        found.append((int(number), Try(node.state or "PENDING", node.pod_name)))
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))


def _below(task: Any, tasks: Mapping[str, Any]) -> list[Any]:
    """The executors among the nodes right below one: what follows a step lies below its last try as well."""
    children = (tasks.get(child.pod_name) for child in task.child_tasks or ())
    return [child for child in children if child and child.display_name.partition("(")[0] == EXECUTOR]


def name_pods(node: str, resources: Resources) -> list[str]:
    """Returns what the pod of a try may be called: the template's name tells how many labels and annotations it has."""
    workflow, _, number = node.rpartition("-")
    counts = f"metadata-{len(resources.annotations)}-{OWN_LABELS + len(resources.labels)}-"
    templates = [f"{prefix}{again}{TEMPLATE}" for prefix in (counts, "") for again in ("retry-", "")]
    return [*(f"{workflow}-{template}-{number}" for template in templates), node]
