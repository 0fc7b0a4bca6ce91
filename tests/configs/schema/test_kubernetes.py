"""Names and quantities as Kubernetes has them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from configs.schema import kubernetes
from configs.schema.kubernetes import MOUNTS, VOLUMES, check_told, count_bytes, count_cpus
from tests.fakes.pods import SCRATCH

LONG = "a" * 63
SUBDOMAIN = ".".join([LONG] * 3)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("Cpu", "2", "2"),
        ("Cpu", 2, "2"),
        ("Cpu", 0.5, "0.5"),
        ("Cpu", "500m", "500m"),
        ("Memory", "8Gi", "8Gi"),
        ("Memory", "128974848k", "128974848k"),
        ("Name", "a.b-c.d1", "a.b-c.d1"),
        ("Name", f"{SUBDOMAIN}.{'a' * 61}", f"{SUBDOMAIN}.{'a' * 61}"),
        ("Namespace", LONG, LONG),
        ("Claim", LONG, LONG),
        ("Claim", "shm", "shm"),
        ("MountPath", "/srv//models/", "/srv/models"),
        ("LabelKey", f"example.org/{LONG}", f"example.org/{LONG}"),
        ("LabelKey", "team_A.b", "team_A.b"),
        ("LabelValue", "", ""),
        ("DataKey", ".env", ".env"),
        ("Variable", "_A1", "_A1"),
        ("OwnKey", "team", "team"),
        ("Annotation", "$(A) {a}", "$(A) {a}"),
    ],
)
def test_what_kubernetes_takes_is_taken(kind: str, value: Any, read: str) -> None:
    assert TypeAdapter(getattr(kubernetes, kind)).validate_python(value) == read


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("Cpu", ["0", "-1", "2Gi", "1.2345"]),
        ("Memory", ["8GB", "0Gi", "8", "-1Gi"]),
        ("Name", ["", "A", "a..b", ".a", "a-", "a_b", f"{SUBDOMAIN}.{'a' * 62}"]),
        ("Namespace", ["", "a.b", f"{LONG}a", "-a", "A"]),
        ("Claim", ["", "a.b", f"{LONG}a", "kfp-launcher", "minio-scratch", "var-run-argo", "millrace-shm"]),
        ("MountPath", ["data", "/", "/a/../b", "/a:b", "/gcs", "/.cache/", "/kfp-launcher", "/a$b", "/a[[b"]),
        ("LabelKey", ["", "/a", "a/", "a/b/c", f"{LONG}a", "-a", "A B", "Example/x"]),
        ("LabelValue", [f"{LONG}a", "a b", "-a", "a-"]),
        ("DataKey", ["", ".", "..", "..a", "a/b", "a b", "a" * 254]),
        ("Variable", ["1A", "A-B", "MILLRACE_METADATA", "KFP_POD_UID", "ARGO_TEMPLATE"]),
        ("OwnKey", ["workflows.argoproj.io/workflow", "pipelines.kubeflow.org/v2_component", "a/b/c"]),
        ("Annotation", ["{{a}}"]),
    ],
)
def test_what_kubernetes_refuses_is_refused(kind: str, values: list[str]) -> None:
    for value in values:
        with pytest.raises(ValidationError):
            TypeAdapter(getattr(kubernetes, kind)).validate_python(value)


def test_no_claim_comes_upon_what_every_pod_has() -> None:
    assert SCRATCH.keys() <= VOLUMES
    assert {*SCRATCH.values()} <= MOUNTS


def test_quantities_are_numbers() -> None:
    assert [count_cpus(cpu) for cpu in ("2", "0.5", "250m")] == [2, 0.5, 0.25]
    assert [count_bytes(memory) for memory in ("1k", "1.5G", "8Gi", "512Mi")] == [1e3, 1.5e9, 2**33, 2**29]


@pytest.mark.parametrize("text", ["a$", "$(A)", "{{a}}", "[[CurrentTime]]"])
def test_what_would_arrive_changed_is_named(text: str) -> None:
    assert check_told("/a/b{c}[d]") == "/a/b{c}[d]"
    with pytest.raises(ValueError, match=r"^'.*' holds '.*', in whose place Kube"):
        check_told(text)
