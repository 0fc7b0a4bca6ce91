"""What Kubernetes tells of a run, over a real socket, to who has a kubeconfig."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.remote import workloads
from pipelines.remote.workloads import Pod, read_pod
from tests.fakes.kubernetes_api import Kubernetes, make_pod, make_workflow


def test_a_run_s_workflow_and_pods_are_found_by_its_id(kubernetes: Kubernetes) -> None:
    kubernetes.workflows = [make_workflow("r1")]
    kubernetes.pods = [make_pod("r1", "trainer", "t-1", phase="Running"), make_pod("r2", "trainer", "t-2")]
    asked = workloads.connect("kubeflow")
    assert asked is not None
    assert (asked.has_workflow("r1"), asked.has_workflow("r2"), asked.list_runs()) == (True, False, {"r1"})
    assert asked.list_pods("r1") == [Pod("t-1", "trainer", "Running")]


def test_who_may_not_see_them_is_told_nothing(kubernetes: Kubernetes) -> None:
    kubernetes.may = ()
    asked = workloads.connect("kubeflow")
    assert asked is not None
    assert (asked.has_workflow("r1"), asked.list_pods("r1")) == (None, [])
    elsewhere = workloads.connect("another")
    assert elsewhere is not None
    assert elsewhere.has_workflow("r1") is None


def test_without_a_kubeconfig_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    assert workloads.connect("kubeflow") is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"conditions": [{"status": "False", "reason": "Unschedulable", "message": "0/3 nodes: 3 Insufficient\ncpu"}]},
         "Unschedulable: 0/3 nodes: 3 Insufficient cpu"),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}}}]},
         "ImagePullBackOff: Back-off"),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}, ""),
        ({"containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]}, "OOMKilled"),
        ({"containerStatuses": [{"state": {"terminated": {"reason": "Completed", "exitCode": 0}}}]}, ""),
        ({"reason": "Evicted", "message": "The node was low on resource: memory."},
         "Evicted: The node was low on resource: memory."),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_pod_tells_what_keeps_it_or_has_ended_it(status: dict[str, Any], reason: str) -> None:
    assert read_pod(make_pod("r1", "trainer", "t-1", **status)).reason == reason
