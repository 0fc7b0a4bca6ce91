"""What the account of a run's pods may do, by the API server's own word."""

import json
from pathlib import Path
from typing import Any

import pytest

from configs.schema.cluster import Cluster
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.deployment import build, server_side

pytestmark = pytest.mark.kubernetes

API = "authorization.k8s.io"
MAY = {  # group, resource, name, verb: by Argo's executor, by the launcher of Kubeflow Pipelines, by the end of a run
    ("argoproj.io", "workflowtaskresults", "", "create"),
    ("argoproj.io", "workflowtaskresults", "", "patch"),
    ("", "configmaps", "kfp-launcher", "get"),
    ("", "secrets", "mlpipeline-minio-artifact", "get"),
    ("pipelines.kubeflow.org", "experiments", "", "list"),
    ("pipelines.kubeflow.org", "pipelines", "", "list"),
    ("pipelines.kubeflow.org", "jobs", "", "list"),
    ("pipelines.kubeflow.org", "jobs", "", "disable"),
}
MAY_NOT = {
    ("argoproj.io", "workflowtaskresults", "", "list"),
    ("argoproj.io", "workflows", "", "create"),
    ("", "configmaps", "", "list"),
    ("", "configmaps", "another", "get"),
    ("", "secrets", "", "list"),
    ("", "secrets", "millrace-metadata", "get"),
    ("", "secrets", "mlpipeline-minio-artifact", "update"),
    ("pipelines.kubeflow.org", "jobs", "", "enable"),
    ("pipelines.kubeflow.org", "runs", "", "create"),
    ("", "pods", "", "create"),
    ("", "pods", "", "list"),
    ("", "persistentvolumeclaims", "millrace", "delete"),
    ("apps", "deployments", "millrace-serving", "patch"),
    ("rbac.authorization.k8s.io", "rolebindings", "", "create"),
}


@pytest.fixture(scope="module")
def namespace(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> str:
    made = plane.make_namespace("rights", "restricted")
    server_side(plane, made, build(plane, "overlays/cpu", tmp_path_factory.mktemp("rights")))
    return made


def ask(plane: ControlPlane, account: str, namespace: str, right: tuple[str, str, str, str]) -> bool:
    """Whether an account may do something, of which the server has the word."""
    group, resource, name, verb = right
    wanted = {"namespace": namespace, "group": group, "resource": resource, "name": name, "verb": verb}
    home, _, user = account.partition(":")
    spec = {
        "resourceAttributes": wanted,
        "user": f"system:serviceaccount:{home}:{user}",
        "groups": ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"],
    }
    return plane.create(f"/apis/{API}/v1/subjectaccessreviews", {"spec": spec})["status"]["allowed"]


def test_an_account_may_do_what_a_step_s_pod_does_and_no_more(plane: ControlPlane, namespace: str) -> None:
    account = f"{namespace}:{Cluster().service_account}"
    assert {right for right in MAY | MAY_NOT if ask(plane, account, namespace, right)} == MAY
    assert not {right for right in MAY if ask(plane, account, "default", right)}


def test_all_rules_of_an_account_are_those(plane: ControlPlane, namespace: str) -> None:
    """Beside what everybody may, which is to ask what there is and what he may do."""
    review = {"kind": "SelfSubjectRulesReview", "apiVersion": f"{API}/v1", "spec": {"namespace": namespace}}
    answer = plane.kubectl(
        *("create", "--raw", f"/apis/{API}/v1/selfsubjectrulesreviews", "-f", "-"),
        f"--as=system:serviceaccount:{namespace}:{Cluster().service_account}",
        given=json.dumps(review),
    )
    assert read_rules(answer.stdout) == MAY


def read_rules(text: str) -> set[tuple[str, str, str, str]]:

    rules: list[Any] = json.loads(text)["status"]["resourceRules"]
    return {
        (group, resource, name, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
        if group not in (API, "authentication.k8s.io")
    }


@pytest.mark.parametrize("other", ["default", "pipeline-runner"])
def test_another_account_may_nothing(plane: ControlPlane, namespace: str, other: str) -> None:
    assert not {right for right in MAY | MAY_NOT if ask(plane, f"{namespace}:{other}", namespace, right)}


def test_who_is_on_call_sees_the_runs_and_changes_nothing(plane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    server_side(plane, namespace, build(plane, "ops", tmp_path))
    sees = {("argoproj.io", "workflows", "", "list"), ("", "pods", "", "list")}
    others = {(group, kind, "", verb) for group, kind, *_ in sees for verb in ("delete", "create", "patch")}
    asked = {
        right for right in MAY | MAY_NOT | sees | others if ask(plane, f"{namespace}:millrace-ops", namespace, right)
    }
    assert asked == sees
    pod = plane.get(f"/api/v1/namespaces/{namespace}/pods/millrace-ops")
    assert pod["spec"]["serviceAccountName"] == "millrace-ops"
