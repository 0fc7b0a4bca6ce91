"""The real scheduler binds each step's pod to the machines that its YAML names, and to no others."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from pipelines.compiler.node_pools import FILE, read_pools
from tests.fakes.pods import pod_of, tasks_of
from tests.kubernetes.control_plane import ControlPlane, wait_for
from tests.kubernetes.deployment import build, make_volumes, server_side
from tests.kubernetes.machines import allocatable, make_pool

pytestmark = pytest.mark.kubernetes

SHIPPED = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))
POOLS = read_pools()
PLAIN = [f"plain-{number}" for number in range(2)]
LARGE = allocatable(224, 900)
TEMPLATE = "localhost/millrace:{flavour}-{digest}"


@pytest.fixture(scope="module")
def nodes(plane: ControlPlane) -> Iterator[dict[str, str]]:
    """A node of each pool, by the pool's name, and some without accelerators; there are no others."""
    plane.remove_nodes()
    for name in PLAIN:
        plane.make_node(name, LARGE)
    yield {name: make_pool(plane, name, pool, LARGE) for name, pool in POOLS.items()}


@pytest.fixture(scope="module", params=["restricted", "baseline"])
def namespace(
    request: pytest.FixtureRequest, plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A namespace as the page prepares it."""
    made = plane.make_namespace(f"steps-{request.param}", request.param)
    make_volumes(plane, made)
    server_side(plane, made, build(plane, "overlays/cpu", tmp_path_factory.mktemp("steps")))
    yield made
    plane.remove_namespace(made)


def make_pods(config: str, *overrides: str) -> dict[str, dict[str, Any]]:
    """The pods of a shipped YAML by their tasks, as Kubeflow's driver makes them."""
    text = compile_pipeline(str(ROOT / f"configs/{config}.yaml"), overrides, image=TEMPLATE)
    document, platform = yaml.safe_load_all(text)
    return {task: pod_of(document, platform, task) for task in tasks_of(document)}


def place(plane: ControlPlane, namespace: str, pods: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Makes pods, strictly; returns the node that each is bound to, and removes them."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    names = {}
    for task, pod in pods.items():
        made = plane.create(f"{path}?fieldValidation=Strict", pod)
        assert made["kind"] == "Pod", made
        names[task] = made["metadata"]["name"]
    found = {task: wait_for(lambda name=name: bound(plane, f"{path}/{name}")) for task, name in names.items()}
    for name in names.values():
        plane.ask("DELETE", f"{path}/{name}", {"gracePeriodSeconds": 0})
    return found


def bound(plane: ControlPlane, path: str) -> str | None:
    """The node of a pod, or why the scheduler finds none; nothing as long as it has not looked."""
    pod = plane.get(path)
    refused = [each for each in pod["status"].get("conditions", ()) if each["status"] == "False"]
    return pod["spec"].get("nodeName") or (refused[0]["reason"] if refused else None)


@pytest.mark.parametrize("config", SHIPPED)
def test_the_pods_of_a_shipped_yaml_are_taken_and_go_to_machines_without_accelerators(
    plane: ControlPlane, nodes: dict[str, str], namespace: str, config: str
) -> None:
    found = place(plane, namespace, make_pods(config))
    assert set(found.values()) <= set(PLAIN), found
    assert "finish" in found


def test_the_pods_of_workers_are_taken_and_go_to_the_machines_of_the_trainer_s(
    plane: ControlPlane, nodes: dict[str, str], namespace: str
) -> None:
    plane.make_node("fast", LARGE, {"disk": "fast"})
    machine = "resources.Trainer={node_selector: {disk: fast}, cpu: '1', memory: 2Gi}"
    found = place(plane, namespace, make_pods("taxi", "training={workers: 3, batch_size: 96}", machine))
    trains = {task: node for task, node in found.items() if task.startswith("trainer")}
    assert trains == dict.fromkeys(["trainer", "trainer-worker-2", "trainer-worker-3"], "fast")
    plane.ask("DELETE", "/api/v1/nodes/fast")


@pytest.mark.parametrize("pool", POOLS)
def test_a_step_goes_to_the_pool_that_it_names_and_waits_where_that_is_full(
    plane: ControlPlane, nodes: dict[str, str], namespace: str, pool: str
) -> None:
    device = ["training.device=tpu"] if POOLS[pool].topology else []  # which a config has to say
    pods = make_pods("taxi", f"resources.Trainer={{node_pool: {pool}, cpu: '4', memory: 16Gi}}", *device)
    found = place(plane, namespace, pods)
    assert found.pop("trainer") == nodes[pool]
    assert set(found.values()) <= set(PLAIN)
    node = f"/api/v1/nodes/{nodes[pool]}"
    plane.patch(node, {"spec": {"unschedulable": True}})
    try:  # the scheduler learns of it a moment later
        wait_for(lambda: place(plane, namespace, {"trainer": pods["trainer"]}) == {"trainer": "Unschedulable"})
    finally:
        plane.patch(node, {"spec": {"unschedulable": None}})


@pytest.mark.parametrize("pool", POOLS)
def test_the_selector_and_the_tolerations_of_a_pool_are_a_pod_s_as_they_stand(
    plane: ControlPlane, nodes: dict[str, str], namespace: str, pool: str
) -> None:
    entry = yaml.safe_load(FILE.read_text())[pool]
    pod = make_pods("line")["finish"]
    pod["spec"] |= {"nodeSelector": entry["node_selector"], "tolerations": entry["tolerations"]}
    assert place(plane, namespace, {"pasted": pod}) == {"pasted": nodes[pool]}


def test_a_step_that_names_selector_tolerations_and_memory_to_share_has_them(
    plane: ControlPlane, nodes: dict[str, str], namespace: str
) -> None:
    taint = {"key": "team", "value": "fraud", "effect": "NoExecute"}
    plane.make_node("own", LARGE, {"disk": "ssd"}, [taint])
    step = (
        "resources.Trainer={node_selector: {disk: ssd}, shared_memory: 1Gi, cpu: '1', memory: 2Gi, "
        "tolerations: [{key: team, operator: Equal, value: fraud, effect: NoExecute}]}"
    )
    found = place(plane, namespace, make_pods("taxi", step))
    assert found.pop("trainer") == "own"
    assert set(found.values()) <= set(PLAIN)
    plane.ask("DELETE", "/api/v1/nodes/own")
