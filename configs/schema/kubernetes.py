"""Names and quantities as Kubernetes has them, and Kubeflow Pipelines, which makes pods of them.

What the API server refuses would be known only when a step's pod is made, an hour into a run maybe. The rules are those
of k8s.io/apimachinery/pkg/util/validation and of k8s.io/kubernetes/pkg/apis/core/validation.
"""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

METADATA = "MILLRACE_METADATA"  # stands for storage.metadata in a step; a command line would show the password
SHARED_MEMORY = "millrace-shm"  # the volume that is mounted at /dev/shm
# Volumes that a step's pod has by itself (argocompiler/container.go of Kubeflow's backend, workflowpod.go of Argo).
VOLUMES = {
    "kfp-launcher", "gcs-scratch", "s3-scratch", "minio-scratch", "dot-local-scratch", "dot-cache-scratch",
    "dot-config-scratch", "custom-ca", "kfp-workspace", "var-run-argo", "tmp-dir-argo", "input-artifacts",
    "argo-staging", "argo-env-config", "kubeconfig", "exec-sa-token", SHARED_MEMORY,
}  # fmt: skip
# And where they are mounted.
MOUNTS = {
    "/kfp-launcher", "/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/kfp-workspace", "/var/run/argo",
}  # fmt: skip
ENGINES = ("KFP_", "ARGO_")  # begin variables that they set
OWNERS = ("workflows.argoproj.io/", "pipelines.kubeflow.org/", "pipeline/")  # begin labels by which they find a pod
# What the units of Kubernetes stand for.
UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)
}
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"  # RFC 1123's
_QUALIFIED = r"[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?"


def count_cpus(cpu: str) -> float:
    """Returns how many CPUs a quantity is: 0.5 of 500m."""
    return float(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)


def count_bytes(memory: str) -> float:
    """Returns how many bytes a quantity is: 1024 of 1Ki."""
    unit = memory.lstrip("0123456789.")
    return float(memory.removesuffix(unit)) * UNITS[unit]


def _check_cpu(cpu: str) -> str:
    if not re.fullmatch(r"(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)", cpu):
        raise ValueError(f"'{cpu}' is no number of CPUs: write one like '2', '0.5' or '500m'")
    return cpu


def _check_memory(memory: str) -> str:
    if not re.fullmatch(r"(?=.*[1-9])\d+(\.\d+)?(k|[MGTPE]|[KMGTPE]i)", memory):
        raise ValueError(f"'{memory}' is no amount of memory: write a number and a unit, like '8Gi' or '512Mi'")
    return memory


def as_text(number: object) -> object:
    """Returns a number as it is written in a YAML; all else as it is."""
    return str(number) if type(number) in (int, float) else number


def _check_name(name: str) -> str:
    if len(name) > 253 or not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", name):
        raise ValueError(f"'{name}' is no name in Kubernetes: a-z, 0-9, - and ., a letter or digit at either end")
    return name


def _check_namespace(name: str) -> str:
    if len(name) > 63 or not re.fullmatch(_LABEL, name):
        raise ValueError(f"'{name}' is no namespace: at most 63 of a-z, 0-9 and -, a letter or digit at either end")
    return name


def _check_claim(name: str) -> str:
    if len(name) > 63 or not re.fullmatch(_LABEL, name):
        raise ValueError(
            f"'{name}' is no claim that Kubeflow can mount: it names the volume after the claim, by at most 63 of "
            "a-z, 0-9 and -"
        )
    if name in VOLUMES:
        raise ValueError(f"'{name}' is no claim that Kubeflow can mount: a volume of its own has that name")
    return name


def check_mount(path: str) -> str:
    """Returns the path of a folder that a volume can be mounted at; raises ValueError for one that is none."""
    if not path.startswith("/") or ".." in PurePosixPath(path).parts or PurePosixPath(path) == PurePosixPath("/"):
        raise ValueError(f"'{path}' is no folder to mount at, like '/data'")
    if ":" in path:
        raise ValueError(f"'{path}' is no folder to mount at: Kubernetes takes no colon")
    place = str(PurePosixPath("/", path.lstrip("/")))
    if place in MOUNTS:
        raise ValueError(f"'{path}' is no folder to mount at: Kubeflow mounts a volume of its own there")
    return place


def check_told(value: str) -> str:
    """Returns a text that a step is told on its command line; raises ValueError for what would not arrive as it is."""
    for mark, owner in (("$", "Kubernetes"), ("{{", "Kubeflow"), ("[[", "Kubeflow")):
        if mark in value:
            raise ValueError(f"'{value}' holds '{mark}', in whose place {owner} puts something else")
    return value


def _check_key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    whole = not slash or (len(prefix) <= 253 and re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", prefix))
    if not whole or len(name) > 63 or not re.fullmatch(_QUALIFIED, name, re.ASCII):
        raise ValueError(
            f"'{key}' is no key of a label: at most 63 of a-z, A-Z, 0-9, -, _ and ., maybe after a prefix/"
        )
    return key


def _check_own_key(key: str) -> str:
    if key.startswith(OWNERS):
        raise ValueError(f"'{key}' is Kubeflow's own: it finds a step's pod by it")
    return _check_key(key)


def _check_label(value: str) -> str:
    if len(value) > 63 or not re.fullmatch(rf"({_QUALIFIED})?", value, re.ASCII):
        raise ValueError(f"'{value}' is no value of a label: at most 63 of a-z, A-Z, 0-9, -, _ and .")
    return value


def _check_annotation(value: str) -> str:
    if "{{" in value:
        raise ValueError(f"'{value}' holds '{{{{', which begins a placeholder of Argo's")
    return value


def _check_data_key(key: str) -> str:
    if len(key) > 253 or not re.fullmatch(r"[-._a-zA-Z0-9]+", key) or key in (".", "..") or key.startswith(".."):
        raise ValueError(f"'{key}' is no key of a secret or a config map: at most 253 of a-z, A-Z, 0-9, -, _ and .")
    return key


def _check_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise ValueError(f"'{name}' is no name of an environment variable")
    if name == METADATA:
        raise ValueError(f"{METADATA} comes from cluster.metadata")
    if name.startswith(ENGINES):
        raise ValueError(f"'{name}' is set by Kubeflow, as all that begins with {' or '.join(ENGINES)}")
    return name


Cpu = Annotated[str, BeforeValidator(as_text, str | int | float), AfterValidator(_check_cpu)]
Memory = Annotated[str, BeforeValidator(as_text, str | int | float), AfterValidator(_check_memory)]
Name = Annotated[str, AfterValidator(_check_name)]
Namespace = Annotated[str, AfterValidator(_check_namespace)]
Claim = Annotated[str, AfterValidator(_check_claim)]
MountPath = Annotated[str, AfterValidator(check_told), AfterValidator(check_mount)]
LabelKey = Annotated[str, AfterValidator(_check_key)]
LabelValue = Annotated[str, AfterValidator(_check_label)]
Labels = dict[LabelKey, LabelValue]
OwnKey = Annotated[str, AfterValidator(_check_own_key)]
Annotation = Annotated[str, AfterValidator(_check_annotation)]
DataKey = Annotated[str, AfterValidator(_check_data_key)]
Variable = Annotated[str, AfterValidator(_check_variable)]


def spell_pipeline(name: str) -> str:
    """Returns how Kubeflow's specification spells a pipeline's name: it knows no underscores."""
    return name.replace("_", "-").rstrip("-")
