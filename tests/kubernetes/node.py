"""A real node of this machine: containerd, kubelet, kube-proxy and kube-router's network policies, on a bridge that
nobody outside reaches.

It needs root and Debian's containerd, runc, containernetworking-plugins, conntrack, iptables, ipset and busybox-static.
What it sets for this machine, any machine bears: cgroups by files, and no more than the rights that a container's root
has.
"""

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml

from tests.kubernetes.control_plane import PROGRAM, SERVICES, ControlPlane, running, wait_for
from tests.pipelines.conftest import free_port

NAME = "real"
BRIDGE = "millrace0"
NETWORK = "10.231.77"
ADDRESS = f"{NETWORK}.1"
BUSYBOX = Path("/bin/busybox")
PAUSE = "localhost/pause:1"
NEEDED = {  # programs, and Debian's packages of them
    "containerd": "containerd",
    "runc": "runc",
    "conntrack": "conntrack",
    "iptables": "iptables",
    "ipset": "ipset",
    "ip": "iproute2",
    "busybox": "busybox-static",
}
PLUGINS = Path("/usr/lib/cni")


@dataclass(frozen=True)
class Node:
    """The node, and its folder."""

    plane: ControlPlane
    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "containerd.sock"

    def import_image(self, *archive: str) -> None:
        """Takes in an image that a command writes to its standard output."""
        with subprocess.Popen(archive, stdout=subprocess.PIPE) as writing:
            self.ctr("images", "import", "-", stdin=writing.stdout)
        assert writing.returncode == 0

    def ctr(self, *arguments: str, **options: object) -> None:
        command = ["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload]


def missing() -> list[str]:
    """Returns the packages that a node needs and this machine lacks."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    lacks = [package for program, package in NEEDED.items() if not shutil.which(program, path=path)]
    return lacks if (PLUGINS / "bridge").exists() else [*lacks, "containernetworking-plugins"]


@contextmanager
def join(plane: ControlPlane, folder: Path) -> Iterator[Node]:
    """Adds this machine to a cluster; its pods end before it does."""
    node = Node(plane, folder)
    with ExitStack() as stack:
        stack.enter_context(bridge())
        write_settings(node)
        containerd = ["containerd", "--config", str(folder / "containerd.toml")]
        stack.enter_context(running(folder / "containerd.log", containerd))
        wait_for(node.socket.exists)
        wait_for(
            lambda: (
                subprocess.run(["ctr", "--address", str(node.socket), "version"], capture_output=True).returncode == 0
            )
        )
        import_busybox(node)
        stack.callback(remove_pods, node)
        own = ["--node-ip", ADDRESS, "--hostname-override", NAME, "--kubeconfig", str(plane.kubeconfig("node"))]
        places = ["--root-dir", str(folder / "kubelet"), "--cert-dir", str(folder / "certificates")]
        kubelet = [str(PROGRAM), "kubelet", "--config", str(folder / "kubelet.yaml"), *own, *places]
        stack.enter_context(running(folder / "kubelet.log", kubelet))
        proxy = [str(PROGRAM), "kube-proxy", "--config", str(folder / "proxy.yaml")]
        stack.callback(subprocess.run, [*proxy[:2], "--cleanup"], capture_output=True)
        stack.enter_context(running(folder / "proxy.log", proxy))
        wait_for(lambda: is_ready(plane), 120)
        access = ["--kubeconfig", str(plane.kubeconfig("admin")), "--hostname-override", NAME]
        policies = [str(PROGRAM), "network-policies", *access, f"--service-cluster-ip-range={SERVICES}"]
        stack.enter_context(running(folder / "policies.log", policies))
        yield node


def is_ready(plane: ControlPlane) -> bool:
    node = plane.get(f"/api/v1/nodes/{NAME}")
    found = node["status"].get("conditions", ()) if node["kind"] == "Node" else ()
    ready = [each for each in found if each["type"] == "Ready"]
    return bool(ready) and ready[0]["status"] == "True" and not node["spec"].get("taints")


@contextmanager
def bridge() -> Iterator[None]:
    """Makes the network of the pods; it and the way from it to other networks go again."""
    # With an address of its own: else it has that of a pod, whose end cuts off all others until they ask anew.
    subprocess.run(["ip", "link", "add", BRIDGE, "address", "02:00:0a:e7:4d:01", "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "address", "add", f"{ADDRESS}/24", "dev", BRIDGE], check=True)
        subprocess.run(["ip", "link", "set", BRIDGE, "up"], check=True)
        yield
    finally:
        subprocess.run(["ip", "link", "delete", BRIDGE], check=True)


def write_settings(node: Node) -> None:
    """Writes what each program reads."""
    folder, plane = node.folder, node.plane
    (folder / "containerd.toml").write_text(CONTAINERD.format(folder=folder, pause=PAUSE, plugins=PLUGINS))
    (folder / "cni").mkdir()
    ranges = [[{"subnet": f"{NETWORK}.0/24", "rangeStart": f"{NETWORK}.10", "gateway": ADDRESS}]]
    addresses = {
        "type": "host-local",
        "dataDir": str(folder / "addresses"),
        "ranges": ranges,
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    plugin = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": addresses,
    }
    network = {"cniVersion": "0.4.0", "name": "pods", "plugins": [plugin]}
    (folder / "cni" / "pods.conflist").write_text(json.dumps(network))
    kubelet = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        "port": free_port(),
        "healthzPort": 0,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(plane.folder / "client.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{node.socket}",
        "podLogsDir": str(folder / "pods"),
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
    }
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(kubelet))
    proxy = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": NAME,
        "clientConnection": {"kubeconfig": str(plane.kubeconfig("proxy"))},
        "conntrack": {"maxPerCore": 0, "min": 0},
        "healthzBindAddress": f"127.0.0.1:{free_port()}",
        "metricsBindAddress": f"127.0.0.1:{free_port()}",
    }
    (folder / "proxy.yaml").write_text(yaml.safe_dump(proxy))


CONTAINERD = """\
version = 2
root = "{folder}/containerd"
state = "{folder}/state"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""


def import_busybox(node: Node) -> None:
    """Makes the images that need no registry: what holds a pod's network, and the Job's of deploy/base."""
    archive = node.folder / "busybox.tar"
    archive.write_bytes(pack(["/bin/busybox", "sleep", "2147483647"], [PAUSE, "docker.io/library/busybox:1.37"]))
    node.import_image("cat", str(archive))


def pack(command: Sequence[str], names: Sequence[str]) -> bytes:
    """Returns an archive, as docker saves one, of an image of busybox alone; its tools are links to it."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as files:
        files.add(BUSYBOX, "bin/busybox")
        for tool in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
            link = tarfile.TarInfo(f"bin/{tool}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            if tool != "busybox":
                files.addfile(link)
    settings = {
        "architecture": os.uname().machine.replace("x86_64", "amd64").replace("aarch64", "arm64"),
        "os": "linux",
        "config": {"Cmd": list(command), "Env": ["PATH=/bin"], "User": "65534:65534"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer.getvalue()).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": list(names), "Layers": ["layer.tar"]}]
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in (
            ("config.json", json.dumps(settings).encode()),
            ("layer.tar", layer.getvalue()),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def remove_pods(node: Node) -> None:
    """Ends what the kubelet has left, so that containerd leaves no processes behind."""
    ctr = ["ctr", "--address", str(node.socket), "--namespace", "k8s.io"]
    listed = subprocess.run([*ctr, "tasks", "list", "--quiet"], capture_output=True, text=True).stdout.split()
    for task in listed:
        subprocess.run([*ctr, "tasks", "delete", "--force", task], capture_output=True)
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        place = line.split()[1]
        if place.startswith(str(node.folder)):
            subprocess.run(["umount", "--lazy", place], capture_output=True)
