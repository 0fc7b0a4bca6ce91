"""All of deploy/, as a person applies it, and what comes of it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from configs.repository import ROOT
from tests.kubernetes.control_plane import ControlPlane, wait_for

IMAGE = "localhost/millrace:none"
URL = "mysql://millrace:b@millrace-metadata:3306/millrace"
SECRET = "root-password=a\npassword=b\nurl={url}\n"
PLACES = {  # of each kind of ours
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
}


def build(plane: ControlPlane, overlay: str, folder: Path, image: str = IMAGE, url: str = URL) -> str:
    """Returns what kustomize makes of a folder of deploy/, with its secret and the pipeline's image."""
    if not (folder / "deploy").exists():
        shutil.copytree(ROOT / "deploy", folder / "deploy")
        (folder / "deploy/base/metadata.env").write_text(SECRET.format(url=url))
    built = plane.kubectl("kustomize", str(folder / "deploy" / overlay)).stdout
    return built.replace("image: millrace\n", f"image: {image}\n")


def apply(plane: ControlPlane, namespace: str, text: str, *options: str) -> None:
    """Applies documents strictly; nothing may be refused, nor warned of, as Pod Security warns of pods to come."""
    done = plane.kubectl("apply", "--namespace", namespace, "--validate=strict", *options, "-f", "-", given=text)
    assert done.stderr == ""


def server_side(plane: ControlPlane, namespace: str, text: str) -> None:
    """Applies documents as the API server itself does it."""
    apply(plane, namespace, text, "--server-side")


def read_generations(plane: ControlPlane, namespace: str) -> dict[str, tuple[str, int]]:
    """Returns which object each workload is, and how often its spec was changed."""
    return {
        item["metadata"]["name"]: (item["metadata"]["uid"], item["metadata"]["generation"])
        for place in PLACES.values()
        for item in plane.get(place.format(namespace))["items"]
    }


def make_volumes(plane: ControlPlane, namespace: str, **source: Any) -> None:
    """Makes what a cluster's drivers make for the claims, that of the default class for one machine alone.

    Without a source it is a volume that nobody will mount.
    """
    make_volume(plane, namespace, "millrace", "standard-rwx", "ReadWriteMany", **source)
    make_volume(plane, namespace, "data-millrace-metadata-0", "", "ReadWriteOnce")


def make_volume(plane: ControlPlane, namespace: str, claim: str, storage_class: str, mode: str, **source: Any) -> None:
    spec = {
        "capacity": {"storage": "1Ti"},
        "accessModes": [mode],
        "storageClassName": storage_class,
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": namespace, "name": claim},
        **(source or {"nfs": {"server": "198.51.100.1", "path": "/"}}),
    }
    made = plane.create("/api/v1/persistentvolumes", {"metadata": {"name": f"{namespace}-{claim}"}, "spec": spec})
    assert made["kind"] == "PersistentVolume", made


def count_wanted(text: str) -> int:
    """Returns how many pods documents ask for."""
    kinds = [(each["kind"], each.get("spec", {})) for each in yaml.safe_load_all(text)]
    return sum(spec.get("replicas", 1) for kind, spec in kinds if kind in PLACES)


def list_pods(plane: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    return plane.get(f"/api/v1/namespaces/{namespace}/pods")["items"]


def wait_until_bound(plane: ControlPlane, namespace: str, count: int) -> dict[str, str]:
    """Returns the node of each pod once so many have one."""

    def bound() -> Mapping[str, str] | None:
        found = {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in list_pods(plane, namespace)}
        return found if len(found) == count and all(found.values()) else None

    return wait_for(bound)
