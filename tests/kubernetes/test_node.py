"""The real image's steps as real pods of a real node, and a model server that is rolled out under load."""

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from configs.home import Home
from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from pipelines.reporting import testimony
from tests.cluster.backends import IMAGE, USER, Podman
from tests.fakes import mariadb
from tests.fakes.pods import pod_of, tasks_of
from tests.kubernetes import node
from tests.kubernetes.control_plane import ControlPlane, wait_for
from tests.kubernetes.deployment import URL, build, make_volumes, server_side
from tests.kubernetes.node import Node
from tests.pipelines.conftest import free_port

pytestmark = pytest.mark.kubernetes

NAMESPACE = "kubeflow"
RUN = "0d2a9c1e-5f0b-4c57-9a3e-3a3f4f1f7b11"
STEP = 300.0  # seconds that a step may take, which loads TFX
ALONE = {"cpu": "2", "memory": "2Gi", "requests": {"cpu": "250m"}}
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Cluster:
    """A node with the real image, a namespace as docs/kubeflow.md prepares it, and its volume as a folder."""

    node: Node
    volume: Path
    documents: tuple[dict[str, Any], dict[str, Any]]

    @property
    def plane(self) -> ControlPlane:
        return self.node.plane

    @property
    def home(self) -> Home:
        return Home(self.volume / "line")

    def pod(self, task: str, attempt: int = 0, run_id: str = RUN, **parameters: Any) -> dict[str, Any]:
        """Returns the pod of a step; its root can only be read, which Kubeflow leaves to the cluster."""
        pod = pod_of(*self.documents, task, parameters, run_id=run_id, attempt=attempt)
        [main] = pod["spec"]["containers"]
        main["securityContext"]["readOnlyRootFilesystem"] = True
        main["volumeMounts"].append({"name": "tmp", "mountPath": "/tmp"})
        pod["spec"]["volumes"].append({"name": "tmp", "emptyDir": {}})
        main["env"].append({"name": "XDG_CACHE_HOME", "value": "/.cache"})  # where the sample goes that is the data
        return pod

    def start(self, pod: dict[str, Any]) -> str:
        """Makes a pod; returns its name."""
        made = self.plane.create(f"/api/v1/namespaces/{NAMESPACE}/pods?fieldValidation=Strict", pod)
        assert made["kind"] == "Pod", made
        return made["metadata"]["name"]

    def end(self, name: str) -> tuple[dict[str, Any], str]:
        """Waits for a pod's end; returns how its container ended, and what it said."""
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"
        wait_for(lambda: self.plane.get(path)["status"]["phase"] in ENDED, STEP)
        log = self.plane.session.get(f"{self.plane.url}{path}/log").text
        return self.plane.get(path)["status"]["containerStatuses"][0]["state"]["terminated"], log

    def run(self, pod: dict[str, Any]) -> tuple[dict[str, Any], str]:
        return self.end(self.start(pod))


@pytest.fixture(scope="module")
def cluster(real: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The namespace, prepared but for its volume, which is new and root's."""
    if not Podman.is_here():
        pytest.skip("needs the image: make test-kubernetes")
    if mariadb.missing():
        pytest.skip("apt-get install mariadb-server")
    real.import_image("podman", "save", IMAGE)
    volume = Path(tmp_path_factory.mktemp("volume"))
    volume.chmod(0o755)
    here = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node.NAME]}]}
    affinity = {"required": {"nodeSelectorTerms": [here]}}
    make_volumes(real.plane, NAMESPACE, local={"path": str(volume)}, nodeAffinity=affinity)
    real.plane.make_namespace(NAMESPACE, "restricted")
    text = compile_pipeline(
        str(ROOT / "configs/line.yaml"),
        ["training.checkpoint_every=20", f"resources.default={json.dumps(ALONE)}", "cluster.steps=each"],
        image="localhost/millrace:{flavour}-{digest}",
    )
    with mariadb.serve(free_port(), node.ADDRESS) as url:
        made = Cluster(real, volume, tuple(yaml.safe_load_all(text)))
        built = render(real.plane, tmp_path_factory.mktemp("deploy"), url)
        keep = [
            each for each in yaml.safe_load_all(built) if each["kind"] != "StatefulSet"
        ]  # whose image none has here
        server_side(real.plane, NAMESPACE, without(keep, "Job", "Deployment"))
        yield made
        real.plane.kubectl("delete", "--namespace", NAMESPACE, "--all", "--grace-period=1", "deployments,jobs,pods")


def without(documents: list[dict[str, Any]], *kinds: str) -> str:
    return yaml.safe_dump_all(each for each in documents if each["kind"] not in kinds)


def render(plane: ControlPlane, folder: Path, url: str) -> str:
    """What deploy/overlays/millrace makes, for this pipeline and this image."""
    return build(plane, "overlays/millrace", folder, IMAGE, url).replace("pipeline: taxi", "pipeline: line")


def only(cluster: Cluster, kind: str, folder: Path) -> str:
    """One kind of it."""
    documents = yaml.safe_load_all(render(cluster.plane, folder, URL))
    return yaml.safe_dump_all(each for each in documents if each["kind"] == kind)


def test_a_step_says_that_a_new_volume_is_not_its_own_until_the_job_has_mounted_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    ended, log = cluster.run(cluster.pod("example-gen", attempt=9))
    assert ended["exitCode"] == 1
    assert f"/workspace: User {USER} may not write to the volume: it belongs to user 0, group 0" in log
    assert "fsGroup: 1000" in log and "millrace-volume" in log
    server_side(cluster.plane, NAMESPACE, only(cluster, "Job", tmp_path))
    cluster.plane.kubectl(
        *("wait", "--namespace", NAMESPACE, "--for=condition=complete", "--timeout=120s", "job/millrace-volume")
    )
    assert (cluster.volume.stat().st_gid, cluster.volume.stat().st_mode & 0o2070) == (USER, 0o2070)


@pytest.fixture(scope="module")
def published(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The cluster after a whole run of the pipeline, a pod for each step."""
    server_side(cluster.plane, NAMESPACE, only(cluster, "Job", tmp_path_factory.mktemp("job")))
    cluster.plane.kubectl(
        *("wait", "--namespace", NAMESPACE, "--for=condition=complete", "--timeout=120s", "job/millrace-volume")
    )
    for task in tasks_of(cluster.documents[0]):
        ended, log = cluster.run(cluster.pod(task))
        assert ended["exitCode"] == 0, f"{task}: {log[-3000:]}"
    return cluster


def test_a_run_of_pods_publishes_as_user_and_group_of_the_image(published: Cluster) -> None:
    record = json.loads((published.home.run(RUN) / "run.json").read_text())
    assert (record["exit_code"], record["published"]) == (0, 1)
    assert {node["state"] for node in record["nodes"]} == {"done"}
    for path in published.home.serving.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (USER, USER)


def test_what_a_step_said_is_found_by_the_run_and_the_step(published: Cluster) -> None:
    """As docs/kubeflow.md asks for it."""
    of = f"pipeline/runid={RUN},app.kubernetes.io/component=trainer"
    asked = ("logs", "--namespace", NAMESPACE, "--container", "main", "--tail", "-1", "--selector", of)
    assert re.fullmatch(r"((Trainer|millrace tells:) .*\n)+", published.plane.kubectl(*asked).stdout)


def test_a_pod_has_its_user_its_group_a_secret_and_memory_to_share_and_a_root_that_is_read_only(
    published: Cluster,
) -> None:
    pod = published.pod("finish", attempt=8)
    [main] = pod["spec"]["containers"]
    shared = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
    pod["spec"]["volumes"].append(shared)
    main["volumeMounts"].append({"name": "shm", "mountPath": "/dev/shm"})
    asks = "id -u; id -g; df -m --output=size /dev/shm | tail -1; touch /x 2>/dev/null || echo refused; "
    main |= {"command": ["sh", "-c"], "args": [asks + "echo ${MILLRACE_METADATA%%:*}; ls /workspace/line/serving"]}
    ended, log = published.run(pod)
    assert ended["exitCode"] == 0
    assert log.split() == ["1000", "1000", "64", "refused", "mysql", "1"]


def test_a_step_that_takes_too_much_memory_says_so(published: Cluster) -> None:
    """The kernel kills the node's own process; the step's, which holds the lease, lives to tell."""
    pod = published.pod("transform", attempt=7, run_id="memory")
    pod["spec"]["containers"][0]["resources"] = {"limits": {"memory": "150Mi"}, "requests": {"memory": "150Mi"}}
    ended, log = published.run(pod)
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 1)
    assert "Transform reached its limit of 150Mi (resources.default.memory says 2Gi), and was killed." in log
    pod["metadata"]["name"] = pod["metadata"]["name"].replace("-7", "-8")
    assert log.endswith(published.run(pod)[1])  # with the same limit there is no second try
    ended, log = published.run(published.pod("finish", run_id="memory"))  # which gives the pipeline back
    assert (ended["exitCode"], testimony.read(log)["exit_code"]) == (0, 1)


def test_the_training_of_a_deleted_pod_goes_on_in_the_next(published: Cluster) -> None:
    again = {"set": ["training.epochs=1000", "training.optimizer.learning_rate=0.01"]}
    for task in tasks_of(published.documents[0]):
        if task == "trainer":
            break
        ended, log = published.run(published.pod(task, run_id="deleted", **again))
        assert ended["exitCode"] == 0, log[-3000:]
    name = published.start(published.pod("trainer", run_id="deleted", **again))
    wait_for(lambda: list(published.home.checkpoints.glob("*/state.npz")), STEP)
    published.plane.kubectl("delete", "pod", name, "--namespace", NAMESPACE, "--grace-period=1", "--wait")
    ended, log = published.run(published.pod("trainer", attempt=1, run_id="deleted", **again))
    assert ended["exitCode"] == 0, log[-3000:]
    outcome = json.loads((published.home.run("deleted") / "nodes" / "Trainer.json").read_text())
    assert outcome["details"]["begun"] >= 20


def test_a_rollout_of_the_model_server_loses_no_request(published: Cluster, tmp_path: Path) -> None:
    plane = published.plane
    served = only(published, "Deployment", tmp_path)
    server_side(plane, NAMESPACE, served)
    rollout = ["--namespace", NAMESPACE, "deployment/millrace-serving"]
    plane.kubectl("rollout", "status", "--timeout=180s", *rollout)
    address = plane.get(f"/api/v1/namespaces/{NAMESPACE}/services/millrace-serving")["spec"]["clusterIP"]
    with Asking(f"http://{address}:8501/v1/models/line:predict", clients=8) as asked:
        for _ in range(2):
            plane.kubectl("rollout", "restart", *rollout)
            plane.kubectl("rollout", "status", "--timeout=180s", *rollout)
        time.sleep(8)  # until the last old pod is gone
    assert asked.failures == []
    assert asked.count > 500


class Asking:
    """Clients that ask on and on, half of them on one connection as long as the server bears it."""

    def __init__(self, url: str, clients: int) -> None:
        self.url, self.stop = url, threading.Event()
        self.count, self.failures, self.lock = 0, list[str](), threading.Lock()
        self.threads = [threading.Thread(target=self.ask, args=(number % 2 == 0,)) for number in range(clients)]

    def __enter__(self) -> "Asking":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def ask(self, stays: bool) -> None:
        """Asks until it is told to stop, on one connection or each time on another."""
        body = {"signature_name": "serving_raw", "instances": [{"x": 1.0}]}
        session = requests.Session()
        session.trust_env = False
        session.headers["Connection"] = "keep-alive" if stays else "close"
        while not self.stop.is_set():
            try:
                answer = session.post(self.url, json=body, timeout=10)
                problem = "" if answer.status_code == 200 else f"{answer.status_code} {answer.text}"
            except requests.RequestException as error:
                problem = repr(error)
            if not stays:  # a port that is used again within two minutes is sent to a pod that may be gone
                time.sleep(0.03)
            with self.lock:
                self.count += 1
                self.failures += [problem] if problem else []
