"""The part of the schema that says on which machine each step of a cluster runs, and what is around it there."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    Strict,
    field_validator,
    model_validator,
)

from configs.nodes import NODES
from configs.schema.accelerators import Accelerator
from configs.schema.section import Section, Text, one_of

METADATA = "MILLRACE_METADATA"  # stands for storage.metadata in a step; a command line would show the password

Step = Annotated[str, one_of(["default", *NODES])]


def _check_cpu(cpu: str) -> str:
    if not re.fullmatch(r"(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)", cpu):
        raise ValueError(f"'{cpu}' is no number of CPUs: write one like '2', '0.5' or '500m'")
    return cpu


def _check_memory(memory: str) -> str:
    if not re.fullmatch(r"(?=.*[1-9])\d+(\.\d+)?(k|[MGTPE]|[KMGTPE]i)", memory):
        raise ValueError(f"'{memory}' is no amount of memory: write a number and a unit, like '8Gi' or '512Mi'")
    return memory


def _as_text(number: object) -> object:
    return str(number) if type(number) in (int, float) else number


def _check_name(name: str) -> str:
    if len(name) > 253 or not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name):
        raise ValueError(f"'{name}' is no name in Kubernetes: a-z, 0-9, - and ., a letter or digit at either end")
    return name


def _check_path(path: str) -> str:
    if not path.startswith("/") or ".." in PurePosixPath(path).parts or PurePosixPath(path) == PurePosixPath("/"):
        raise ValueError(f"'{path}' is no folder to mount at, like '/data'")
    return str(PurePosixPath(path))


def _check_label(value: str) -> str:
    if len(value) > 63 or not re.fullmatch(r"([A-Za-z0-9]([\w.-]*[A-Za-z0-9])?)?", value, re.ASCII):
        raise ValueError(f"'{value}' is no value of a label: at most 63 of a-z, A-Z, 0-9, -, _ and .")
    return value


def _check_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise ValueError(f"'{name}' is no name of an environment variable")
    if name == METADATA:
        raise ValueError(f"{METADATA} comes from cluster.metadata")
    return name


Cpu = Annotated[str, BeforeValidator(_as_text, str | int | float), AfterValidator(_check_cpu)]
Memory = Annotated[str, BeforeValidator(_as_text, str | int | float), AfterValidator(_check_memory)]
Name = Annotated[str, AfterValidator(_check_name)]
MountPath = Annotated[str, AfterValidator(_check_path)]
Labels = dict[Text, Annotated[str, AfterValidator(_check_label)]]
Variable = Annotated[str, AfterValidator(_check_variable)]


class Backoff(Section):
    """How long a step waits before it is tried again."""

    seconds: PositiveInt = Field(default=30, description="Before the first retry.")
    factor: PositiveInt = Field(default=2, description="How much longer before each further one.")
    most: PositiveInt = Field(default=900, description="At most so many seconds.")


class Toleration(Section):
    """A taint that a step bears, as Kubernetes has it; without a key, every taint."""

    key: Text | None = Field(default=None, description="The taint's key.")
    operator: Literal["Exists", "Equal"] = Field(default="Exists", description="Equal compares the value as well.")
    value: str | None = Field(default=None, description="The taint's value, for Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="The taint's effect; every one without it."
    )

    @model_validator(mode="after")
    def _check_value(self) -> "Toleration":
        if (self.operator == "Equal") != (self.value is not None):
            raise ValueError("has a value when, and only when, its operator is Equal")
        return self


Tolerations = Annotated[tuple[Toleration, ...], Strict(False)]


class SecretKey(Section):
    """One key of a Kubernetes secret; only its name is ever written down."""

    secret: Name = Field(description="The secret's name.")
    key: Text = Field(description="The key in it.")


class Source(Section):
    """Where a variable's value comes from: one key of a secret or of a config map."""

    secret: Name | None = Field(default=None, description="The secret's name.")
    config_map: Name | None = Field(default=None, description="The config map's name.")
    key: Text = Field(description="The key in it.")

    @model_validator(mode="after")
    def _check_one(self) -> "Source":
        if (self.secret is None) == (self.config_map is None):
            raise ValueError("takes one of secret and config_map")
        return self


class Resources(Section):
    """The machine of one step in a cluster, and what is around it; quantities are written as in Kubernetes.

    A step has what `default` has and it does not say itself: of env, volumes, labels, annotations and node_selector
    entry by entry, of all else as a whole.
    """

    cpu: Cpu | None = Field(default=None, description="CPUs, both asked for and at most: '2', '0.5' or '500m'.")
    memory: Memory | None = Field(default=None, description="Both asked for and at most: 8Gi, 512Mi.")
    accelerator: Accelerator | None = None
    node_pool: Text | None = Field(
        default=None,
        description="An entry of deploy/nodepools.yaml: accelerator, selectors, tolerations by one name.",
    )
    node_selector: Labels = Field(default={}, description="Labels that the machine must have.")
    tolerations: Tolerations = Field(default=(), description="Taints of machines that the step bears.")
    shared_memory: Memory | None = Field(default=None, description="The size of /dev/shm, which is part of the memory.")
    retries: NonNegativeInt = Field(
        default=2, description="How often a step that failed is tried again; a verdict answers at once, however often."
    )
    backoff: Backoff = Backoff()
    timeout: PositiveInt | None = Field(default=None, description="Seconds after which a try is stopped.")
    env: dict[Variable, Source] = Field(
        default={}, description="Variables from secrets and config maps, by name and key: no value is written down."
    )
    volumes: dict[MountPath, Name] = Field(default={}, description="Volume claims by the folder each is mounted at.")
    labels: Labels = Field(default={}, description="Labels of the step's pod.")
    annotations: dict[Text, str] = Field(default={}, description="Annotations of the step's pod.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None, description="When the image is pulled; without it, as Kubernetes sees fit."
    )
    image_pull_secrets: Annotated[tuple[Name, ...], Strict(False)] = Field(
        default=(), description="Secrets that open the image's registry."
    )
    user: PositiveInt | None = Field(
        default=1000, description="The uid of the step, which is never root's; null leaves it to the image."
    )
    group: PositiveInt | None = Field(default=None, description="The gid of the step; without it, the image's.")

    @field_validator("volumes")
    @classmethod
    def _check_claims(cls, volumes: dict[str, str]) -> dict[str, str]:
        if len(set(volumes.values())) < len(volumes):
            raise ValueError("mount a claim twice, which Kubeflow cannot")
        return volumes

    @property
    def flavour(self) -> Literal["cpu", "gpu", "tpu"]:
        """Which of the images the step runs in."""
        return self.accelerator.kind if self.accelerator else "cpu"

    def merge(self, own: "Resources") -> "Resources":
        """Returns these as the defaults of a step that has resources of its own."""
        changes: dict[str, Any] = {}
        for key in own.model_fields_set:
            value = getattr(own, key)
            changes[key] = {**getattr(self, key), **value} if isinstance(value, dict) else value
        return self.model_copy(update=changes)
