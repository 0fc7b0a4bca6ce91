"""A real Kubernetes of this machine, without nodes: etcd, API server, controllers and scheduler on 127.0.0.1.

A node needs no machine for the scheduler to bind a pod to it: it is an object with labels, taints and an allocatable.
"""

import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
import yaml

from configs.repository import ROOT
from tests.pipelines.conftest import free_port

PROGRAM = ROOT / ".pytest_cache" / "kubernetes" / "servers"
SERVICES = "10.96.0.0/16"
NOBODY = "198.51.100.1"  # of no machine (RFC 5737); what is advertised may not be 127.0.0.1
USERS = {
    "admin": ("admin", "system:masters"),
    "scheduler": ("system:kube-scheduler", ""),
    "controllers": ("system:kube-controller-manager", ""),
    "proxy": ("system:kube-proxy", ""),
    "node": ("system:node:real", "system:nodes"),
}
PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class ControlPlane:
    """The servers, and how they are asked; `tokens` by the names of USERS."""

    folder: Path
    port: int
    tokens: Mapping[str, str] = field(default_factory=lambda: {user: secrets.token_hex(16) for user in USERS})

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate of the API server, which made it itself."""
        return self.folder / "apiserver.crt"

    @cached_property
    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {self.tokens['admin']}"
        session.verify = str(self.authority)
        return session

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """Returns the API's answer, which is a Status where it refuses."""
        return self.session.request(method, self.url + path, json=body, headers={"Content-Type": kind}).json()

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def create(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.ask("PATCH", path, body, "application/merge-patch+json")

    def kubeconfig(self, user: str) -> Path:
        """Returns the file by which a program of that user finds the API server."""
        file = self.folder / f"{user}.yaml"
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": user}}],
            "current-context": "here",
        }
        file.write_text(yaml.safe_dump(config))
        return file

    def kubectl(
        self, *arguments: str, given: str | None = None, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Runs kubectl as the administrator; `given` is its standard input."""
        own = ["--kubeconfig", str(self.kubeconfig("admin")), "--cache-dir", str(self.folder / "kubectl")]
        command = [str(PROGRAM), "kubectl", *own, *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done

    def make_namespace(self, name: str, level: str) -> str:
        """Makes a namespace whose Pod Security is of this level, with the account that pods have; returns its name."""
        labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn")}
        made = self.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        assert made["kind"] == "Namespace", made
        wait_for(lambda: self.get(f"/api/v1/namespaces/{name}/serviceaccounts/default")["kind"] == "ServiceAccount")
        return name

    def remove_namespace(self, name: str) -> None:
        """Removes a namespace; no kubelet says that its pods have ended, so they are taken out at once."""
        path = f"/api/v1/namespaces/{name}"
        self.ask("DELETE", path)

        def removed() -> bool:
            for pod in self.get(f"{path}/pods").get("items", ()):
                self.ask("DELETE", f"{path}/pods/{pod['metadata']['name']}", {"gracePeriodSeconds": 0})
            return self.get(path)["kind"] == "Status"

        wait_for(removed)

    def remove_nodes(self) -> None:
        for node in self.get("/api/v1/nodes")["items"]:
            self.ask("DELETE", f"/api/v1/nodes/{node['metadata']['name']}")

    def make_node(
        self, name: str, allocatable: Mapping[str, str], labels: Mapping[str, str] = {}, taints: Sequence[Any] = ()
    ) -> None:
        """Makes a node that is ready, as its kubelet would say it is."""
        labels = {"kubernetes.io/hostname": name, **labels}
        spec = {"taints": list(taints)} if taints else {}
        made = self.create("/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "spec": spec})
        assert made["kind"] == "Node", made
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}
        now = {
            key: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            for key in ("lastHeartbeatTime", "lastTransitionTime")
        }
        status = {"capacity": dict(allocatable), "allocatable": dict(allocatable), "conditions": [ready | now]}
        self.patch(f"/api/v1/nodes/{name}/status", {"status": status})
        wait_for(lambda: self.get(f"/api/v1/nodes/{name}")["spec"].get("taints", []) == list(taints))


def wait_for(found: Any, patience: float = PATIENCE) -> Any:
    """Returns what a function returns as soon as that is something; fails where it never is."""
    deadline = time.monotonic() + patience
    while not (value := found()):
        assert time.monotonic() < deadline, f"nothing after {patience:.0f} s"
        time.sleep(0.1)
    return value


@contextmanager
def serve(folder: Path) -> Iterator[ControlPlane]:
    """Runs the servers in a folder of their own; their logs lie in it."""
    plane = ControlPlane(folder, free_port())
    make_keys(plane)
    with ExitStack() as stack:
        for name, options in describe(plane, free_port(), free_port()).items():
            stack.enter_context(running(folder / f"{name}.log", [str(PROGRAM), name, *options]))
            if name == "kube-apiserver":
                wait_for(lambda: is_ready(plane))
        wait_for(lambda: plane.get("/api/v1/namespaces/default/serviceaccounts/default")["kind"] == "ServiceAccount")
        yield plane


def is_ready(plane: ControlPlane) -> bool:
    try:
        return plane.session.get(f"{plane.url}/readyz").text == "ok"
    except (OSError, requests.RequestException):  # it has no port yet, or no certificate
        return False


@contextmanager
def running(log: Path, command: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs a server as long as that is asked for; its log's end is told where it ends before."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True, **options)
    try:
        yield process
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_keys(plane: ControlPlane) -> None:
    """Writes the users' tokens, the key of service accounts, and the certificate that a kubelet trusts."""
    lines = [f'{plane.tokens[user]},{name},{user},"{group}"' for user, (name, group) in USERS.items()]
    (plane.folder / "tokens.csv").write_text("\n".join(lines))
    openssl(plane.folder, "genrsa", "-out", "accounts.key", "2048")
    subject = ["-subj", "/O=system:masters/CN=apiserver", "-addext", "extendedKeyUsage=clientAuth"]
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "client.key", "-out", "client.crt"]
    openssl(plane.folder, *request, *subject)


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def describe(plane: ControlPlane, etcd: int, peer: int) -> dict[str, list[str]]:
    """Returns the options of each server, in the order in which they start."""
    clients, peers = f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peer}"
    folder, accounts = plane.folder, str(plane.folder / "accounts.key")
    local = ["--bind-address=127.0.0.1"]

    def act_as(user: str) -> list[str]:
        file = plane.kubeconfig(user)
        port = f"--secure-port={free_port()}"
        return [*local, port, f"--kubeconfig={file}", f"--authentication-kubeconfig={file}", "--leader-elect=false"]

    return {
        "etcd": [
            *("--name=here", f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn"),
            *(f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}"),
            *(f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"),
            f"--initial-cluster=here={peers}",
        ],
        "kube-apiserver": [
            *(*local, f"--secure-port={plane.port}", f"--cert-dir={folder}", f"--etcd-servers={clients}"),
            *(f"--advertise-address={NOBODY}", "--endpoint-reconciler-type=none"),
            *(f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=Node,RBAC"),
            *(f"--service-account-key-file={accounts}", f"--service-account-signing-key-file={accounts}"),
            *("--service-account-issuer=https://kubernetes.default.svc", f"--service-cluster-ip-range={SERVICES}"),
            *(f"--kubelet-client-certificate={folder / 'client.crt'}", f"--kubelet-client-key={folder / 'client.key'}"),
            *("--kubelet-preferred-address-types=InternalIP", "--enable-admission-plugins=NodeRestriction"),
        ],
        "kube-controller-manager": [
            *act_as("controllers"),
            *("--use-service-account-credentials=true", f"--service-account-private-key-file={accounts}"),
            *(f"--root-ca-file={plane.authority}", f"--service-cluster-ip-range={SERVICES}"),
            "--node-monitor-grace-period=24h",  # most nodes are objects alone, whom no kubelet keeps alive
        ],
        "kube-scheduler": act_as("scheduler"),
    }
