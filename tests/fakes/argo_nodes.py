"""The tasks of a run as Kubeflow's API tells of them: nodes of Argo's, under ids that are not the names of their pods.

Read in kubeflow/pipelines 2.17 (apiserver/server/api_converter.go: a task's `pod_name` is the node's id): a step is a
DAG with a node `executor`, below which every try is a node; what follows lies below the last try.
"""

from typing import Any
from zlib import crc32

WORKFLOW = "trips-x7k2p"
TEMPLATE = "metadata-0-3-retry-system-container-impl"  # of a step with three labels that is tried again


def node_id(name: str) -> str:
    return f"{WORKFLOW}-{crc32(name.encode())}"


def pod_name(step: str, attempt: int) -> str:
    """The name of the pod of a try, which Kubernetes and the API's logs know it by."""
    return f"{WORKFLOW}-{TEMPLATE}-{crc32(f'{step}.executor({attempt})'.encode())}"


def tasks_of(step: str, *tries: str, state: str | None = None, after: str = "") -> list[dict[str, Any]]:
    """The tasks of a step whose tries are in these states; `after` is the step that follows it."""
    executor, names = f"{step}.executor", [f"{step}.executor({index})" for index in range(len(tries))]
    whole = state or tries[-1]
    last = {names[-1]: [f"{after}-driver"]} if after else {}
    return [
        _task(f"{step}-driver", "SUCCEEDED", step),
        _task(step, whole, executor),
        _task(executor, whole, *names),
        *(_task(name, each, *last.get(name, ())) for name, each in zip(names, tries, strict=True)),
    ]


def _task(name: str, state: str, *below: str) -> dict[str, Any]:
    children = [{"pod_name": node_id(child)} for child in below]
    shown = name.rpartition(".")[2]
    return {
        "task_id": name, "display_name": shown, "state": state, "pod_name": node_id(name), "child_tasks": children,
        "start_time": "2026-01-05T03:00:00Z",
    }  # fmt: skip
