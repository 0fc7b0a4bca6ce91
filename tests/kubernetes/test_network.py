"""Who reaches whom: deploy/'s policies, held by kube-router, between pods that stand for those of deploy/ and a step's.

They have the labels and ports of those, and run busybox, which answers at each port and at one that nobody is let to.
"""

from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from tests.fakes.pods import pod_of
from tests.kubernetes.control_plane import ControlPlane, wait_for
from tests.kubernetes.deployment import PLACES, build, server_side
from tests.kubernetes.node import Node

pytestmark = pytest.mark.kubernetes

NAMESPACE = "network"
OTHER = 4444  # a port that no policy names
SERVE = "for port in {}; do nc -ll -p $port -e echo & done; wait"
CALL = "for at in {}; do (nc -w 3 ${{at%:*}} ${{at#*:}} </dev/null >/dev/null 2>&1 && echo $at) & done; wait"
STEP, STRANGER = "step", "stranger"
FLINK = {"millrace-flink-jobmanager", "millrace-flink-taskmanager", "millrace-beam"}
CALLERS = {STEP, STRANGER, *FLINK}  # neither the database nor a model server calls anybody
LET = {  # by server and port, who reaches it; whoever is not here reaches nobody
    ("millrace-metadata", 3306): {STEP},
    ("millrace-serving", 8500): CALLERS,
    ("millrace-serving", 8501): CALLERS,
    ("millrace-beam", 8098): {STEP, *FLINK},
    ("millrace-beam", 8099): {STEP, *FLINK},
    **{("millrace-beam", OTHER): FLINK},
    **{("millrace-flink-jobmanager", port): FLINK for port in (6123, 6124, 8081, OTHER)},
    **{("millrace-flink-taskmanager", port): FLINK for port in (6121, 6122, 50000, OTHER)},
    (STEP, OTHER): {STEP},
    (STRANGER, OTHER): CALLERS,
}

Reached = set[tuple[str, str, int]]  # who, whom, at which port


@pytest.fixture(scope="module")
def documents(real: Node, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """All of deploy/ that has a port or a policy."""
    folder = tmp_path_factory.mktemp("network")
    built = [build(real.plane, overlay, folder) for overlay in ("overlays/cpu", "flink")]
    return [document for text in built for document in yaml.safe_load_all(text)]


@pytest.fixture(scope="module")
def ports(documents: list[dict[str, Any]], real: Node) -> dict[str, list[int]]:
    """The pods by their names, which run, and the ports that they answer at."""
    real.plane.make_namespace(NAMESPACE, "restricted")
    labels, found = {STEP: read_labels_of_a_step(), STRANGER: {}}, {STEP: [OTHER], STRANGER: [OTHER]}
    for document in documents:
        if document["kind"] in PLACES.keys() - {"Job"}:
            name, template = document["metadata"]["name"], document["spec"]["template"]
            labels[name] = template["metadata"]["labels"]
            found[name] = [p["containerPort"] for c in template["spec"]["containers"] for p in c["ports"]] + [OTHER]
    for name in labels:
        made = real.plane.create(f"/api/v1/namespaces/{NAMESPACE}/pods", stand_in(name, labels[name], found[name]))
        assert made["kind"] == "Pod", made
    return found


def read_labels_of_a_step() -> dict[str, str]:
    """The labels of a step's pod, as Kubeflow's driver makes it of a compiled file."""
    compiled = compile_pipeline(str(ROOT / "configs/taxi.yaml"), ["cluster.steps=each"])
    document, platform = yaml.safe_load_all(compiled)
    return dict(pod_of(document, platform, "trainer")["metadata"]["labels"])


def stand_in(name: str, labels: dict[str, str], ports: Iterable[int]) -> dict[str, Any]:
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    identity = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    command = ["sh", "-c", SERVE.format(" ".join(map(str, ports)))]
    main = {"name": "main", "image": "busybox:1.37", "command": command, "securityContext": context}
    spec = {"containers": [main], "securityContext": identity, "terminationGracePeriodSeconds": 1}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}


def find_addresses(plane: ControlPlane) -> dict[str, str] | None:
    """The address of each pod, once all have one and run."""
    pods = plane.get(f"/api/v1/namespaces/{NAMESPACE}/pods")["items"]
    running = all(pod["status"]["phase"] == "Running" for pod in pods)
    return {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in pods} if running else None


def call_all(plane: ControlPlane, addresses: dict[str, str], ports: dict[str, list[int]]) -> Reached:
    """Calls each port of each pod from each other pod."""
    places = {f"{addresses[name]}:{port}": (name, port) for name in ports for port in ports[name]}
    found: Reached = set()
    for caller in ports:
        asked = " ".join(at for at, (name, _) in places.items() if name != caller)
        said = plane.kubectl("exec", "--namespace", NAMESPACE, caller, "--", "sh", "-c", CALL.format(asked)).stdout
        found |= {(caller, *places[at]) for at in said.split()}
    return found


def test_the_policies_let_those_reach_one_another_who_have_to_and_nobody_else(
    real: Node, documents: list[dict[str, Any]], ports: dict[str, list[int]]
) -> None:
    addresses = wait_for(lambda: find_addresses(real.plane))
    everybody = {(a, b, port) for a in ports for b in ports for port in ports[b] if a != b}
    wait_for(lambda: call_all(real.plane, addresses, ports) == everybody)
    policies = [document for document in documents if document["kind"] == "NetworkPolicy"]
    assert len(policies) == 5
    server_side(real.plane, NAMESPACE, yaml.safe_dump_all(policies))
    wait_for(lambda: call_all(real.plane, addresses, ports) != everybody)
    let = {(caller, *at) for at, callers in LET.items() for caller in callers if caller != at[0]}
    assert call_all(real.plane, addresses, ports) == let
