"""A real API server takes all of deploy/, again and over each other, and its controllers make pods of it."""

import json
import subprocess
from itertools import permutations
from pathlib import Path

import pytest
import yaml

from tests.kubernetes.control_plane import ControlPlane, wait_for
from tests.kubernetes.deployment import (
    apply,
    build,
    count_wanted,
    list_pods,
    make_volumes,
    read_generations,
    server_side,
    wait_until_bound,
)
from tests.kubernetes.machines import make_described

pytestmark = pytest.mark.kubernetes

KSERVE = "github.com/kserve/kserve@v0.15.2"
OVERLAYS = ("overlays/cpu", "overlays/gpu", "overlays/millrace")


@pytest.fixture(scope="module")
def machines(plane: ControlPlane) -> list[str]:
    """The nodes that the page describes, of which those of CPUs are named, and no others."""
    plane.remove_nodes()
    return make_described(plane)


@pytest.mark.parametrize("level", ["restricted", "baseline"])
def test_all_that_is_applied_comes_to_be_beside_one_another_on_the_machines_of_the_page(
    plane: ControlPlane, machines: list[str], level: str, tmp_path: Path
) -> None:
    namespace = plane.make_namespace(f"all-{level}", level)
    make_volumes(plane, namespace)
    texts = [build(plane, overlay, tmp_path) for overlay in ("overlays/cpu", "flink")]
    for text in texts:
        server_side(plane, namespace, text)
    nodes = wait_until_bound(plane, namespace, sum(map(count_wanted, texts)))
    assert set(nodes.values()) <= set(machines)
    claim = plane.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/millrace")
    assert (claim["status"]["phase"], claim["spec"]["volumeName"]) == ("Bound", f"{namespace}-millrace")
    before = read_generations(plane, namespace)
    for text in texts:
        server_side(plane, namespace, text)
    assert read_generations(plane, namespace) == before
    plane.remove_namespace(namespace)


@pytest.mark.parametrize("way", [apply, server_side])
@pytest.mark.parametrize(("first", "second"), list(permutations(OVERLAYS, 2)))
def test_an_overlay_is_applied_over_another(
    plane: ControlPlane, first: str, second: str, way: object, tmp_path: Path
) -> None:
    name = f"{way.__name__}-{first}-{second}".replace("overlays/", "").replace("_", "-")  # type: ignore[attr-defined]
    namespace = plane.make_namespace(name, "restricted")
    way(plane, namespace, build(plane, first, tmp_path))  # type: ignore[operator]
    server_side(plane, namespace, build(plane, second, tmp_path))
    over = read_serving(plane, namespace)
    plane.kubectl("delete", "--namespace", namespace, "deployment/millrace-serving", "service/millrace-serving")
    server_side(plane, namespace, build(plane, second, tmp_path))
    assert over == read_serving(plane, namespace)
    plane.remove_namespace(namespace)


def read_serving(plane: ControlPlane, namespace: str) -> tuple[object, ...]:
    """What is asked for of the model server, of its service and of who reaches it."""
    deployment = plane.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/millrace-serving")["spec"]
    service = plane.get(f"/api/v1/namespaces/{namespace}/services/millrace-serving")["spec"]
    policy = plane.get(f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/millrace-serving")["spec"]
    return deployment["strategy"], deployment["template"]["spec"], service["ports"], policy


def test_a_model_server_on_a_gpu_is_bound_to_the_pool_of_the_page(
    plane: ControlPlane, machines: list[str], tmp_path: Path
) -> None:
    namespace = plane.make_namespace("served-by-a-gpu", "restricted")
    make_volumes(plane, namespace)
    text = build(plane, "overlays/gpu", tmp_path)
    server_side(plane, namespace, text)
    nodes = wait_until_bound(plane, namespace, count_wanted(text))
    [serving] = [pod for pod in nodes if pod.startswith("millrace-serving")]
    assert nodes[serving] == "node-gpu-l4"
    assert {node for pod, node in nodes.items() if pod != serving} <= set(machines)
    plane.remove_namespace(namespace)


def test_kserve_s_own_definition_takes_its_manifest(plane: ControlPlane, tmp_path: Path) -> None:
    """Its schema knows each field: none is dropped in silence."""
    got = subprocess.run(["go", "mod", "download", "-json", KSERVE], cwd=tmp_path, capture_output=True, check=True)
    definition = Path(json.loads(got.stdout)["Dir"], "config/crd/full/serving.kserve.io_inferenceservices.yaml")
    plane.kubectl("apply", "--server-side", "-f", str(definition))
    listing = ["api-resources", "--cached=false", "--api-group=serving.kserve.io"]
    wait_for(lambda: "inferenceservices" in plane.kubectl(*listing, check=False).stdout)
    namespace = plane.make_namespace("by-kserve", "restricted")
    text = build(plane, "kserve", tmp_path)
    server_side(plane, namespace, text)
    done = plane.kubectl(
        *("apply", "--namespace", namespace, "--server-side", "--validate=strict", "-f", "-"),
        given=text.replace("minReplicas", "leastReplicas"),
        check=False,
    )
    assert "leastReplicas" in done.stderr
    made = plane.get(f"/apis/serving.kserve.io/v1beta1/namespaces/{namespace}/inferenceservices/taxi")
    assert made["spec"] == yaml.safe_load(text)["spec"]


def test_a_quota_counts_all_of_it(plane: ControlPlane, machines: list[str], tmp_path: Path) -> None:
    """Under a quota, who does not say what he needs is refused."""
    namespace = plane.make_namespace("counted", "restricted")
    make_volumes(plane, namespace)
    limits = {
        "requests.cpu": "10",
        "limits.cpu": "20",
        "requests.memory": "40Gi",
        "limits.memory": "60Gi",
        "pods": "20",
    }
    quota = {"metadata": {"name": "all"}, "spec": {"hard": limits}}
    made = plane.create(f"/api/v1/namespaces/{namespace}/resourcequotas", quota)
    assert made["kind"] == "ResourceQuota", made
    texts = [build(plane, overlay, tmp_path) for overlay in ("overlays/cpu", "flink")]
    for text in texts:
        server_side(plane, namespace, text)
    wait_until_bound(plane, namespace, sum(map(count_wanted, texts)))
    used = plane.get(f"/api/v1/namespaces/{namespace}/resourcequotas/all")["status"]["used"]
    assert used["pods"] == str(len(list_pods(plane, namespace)))
    plane.remove_namespace(namespace)
