"""What Kubernetes itself tells of a run: its workflow, and its pods with the reason why one does not start.

It is asked as the pod's own account, or as who is logged in by a kubeconfig; where neither may, nothing is told.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from components.patches.ledger import UNUSED_BY_TFX
from components.patches.optional_imports import left_out

OF_RUN = "pipeline/runid"  # Kubeflow's label of what belongs to a run
WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/{}/workflows"
COMPONENT = "app.kubernetes.io/component"  # ours: the step
PATIENCE = (5, 10)  # seconds to connect, and to answer
WAITS = ("ContainerCreating", "PodInitializing")  # of a container that is about to start


@dataclass(frozen=True)
class Pod:
    """A pod of a run: its step by the task's name, its phase, and what keeps it or has ended it, in words."""

    name: str
    task: str
    phase: str
    reason: str = ""


class Workloads:
    """What lies in one namespace, as far as who asks may see it."""

    def __init__(self, client: Any, namespace: str) -> None:
        self.client, self.namespace = client, namespace

    def has_workflow(self, run_id: str) -> bool | None:
        """Tells whether a run has its workflow; None where who asks may not see that."""
        found = self._list(WORKFLOWS.format(self.namespace), f"{OF_RUN}={run_id}")
        return None if found is None else bool(found)

    def list_runs(self) -> set[str]:
        """Returns the runs that have a workflow, as far as who asks may see them."""
        found = self._list(WORKFLOWS.format(self.namespace), OF_RUN) or []
        return {each["metadata"]["labels"][OF_RUN] for each in found}

    def list_pods(self, run_id: str) -> list[Pod]:
        """Returns the pods of a run's steps; none where who asks may not see them."""
        found = self._list(f"/api/v1/namespaces/{self.namespace}/pods", f"{OF_RUN}={run_id}") or []
        return [read_pod(each) for each in found if COMPONENT in each["metadata"].get("labels", {})]

    def _list(self, path: str, selector: str) -> list[dict[str, Any]] | None:
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        with suppress(ApiException, HTTPError, ValueError, KeyError):
            answer = self.client.call_api(
                path, "GET", query_params=[("labelSelector", selector)], auth_settings=["BearerToken"],
                header_params={"Accept": "application/json"}, _preload_content=False, _return_http_data_only=True,
                _request_timeout=PATIENCE,
            )  # fmt: skip
            return list(json.loads(answer.data)["items"])
        return None


def connect(namespace: str) -> Workloads | None:
    """Returns who asks Kubernetes in a namespace; None where nothing here says how."""
    with left_out(UNUSED_BY_TFX):
        from kubernetes import client, config

    settings = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=settings)
    except config.ConfigException:
        try:
            config.load_kube_config(client_configuration=settings)
        except (config.ConfigException, OSError):
            return None
    settings.retries = 0
    return Workloads(client.ApiClient(settings), namespace)


def read_pod(pod: Mapping[str, Any]) -> Pod:
    """Returns a pod of Kubernetes' as plain data."""
    metadata, status = pod["metadata"], pod.get("status", {})
    reason = next(_list_reasons(status), "")
    return Pod(metadata["name"], metadata["labels"][COMPONENT], status.get("phase", "Pending"), reason)


def _list_reasons(status: Mapping[str, Any]) -> Iterator[str]:
    """Yields why a pod does not start, or has ended: of its containers first, then of all of it."""
    for container in [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]:
        state = container.get("state", {})
        waiting, ended = state.get("waiting", {}), state.get("terminated", {})
        if waiting.get("reason", WAITS[0]) not in WAITS:
            yield _join(waiting)
        if ended.get("exitCode", 0) != 0:
            yield _join(ended)
    for condition in status.get("conditions", ()):
        if condition.get("status") == "False" and condition.get("reason") == "Unschedulable":
            yield _join(condition)
    if status.get("reason"):
        yield _join(status)


def _join(said: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, (said.get("reason"), " ".join((said.get("message") or "").split()))))
