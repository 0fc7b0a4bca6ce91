"""The part of the schema that says on which machine each step of a cluster runs, and what is around it there."""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, Strict, field_validator, model_validator

from configs.nodes import FINISH, NODES
from configs.schema.accelerators import Accelerator
from configs.schema.kubernetes import (
    Annotation,
    Claim,
    Cpu,
    DataKey,
    LabelKey,
    Labels,
    LabelValue,
    Memory,
    MountPath,
    Name,
    OwnKey,
    Variable,
)
from configs.schema.section import Section, Text, one_of

Step = Annotated[str, one_of(["default", *NODES, FINISH])]


class Backoff(Section):
    """How long a step waits before it is tried again."""

    seconds: PositiveInt = Field(default=30, description="Before the first retry.")
    factor: PositiveInt = Field(default=2, description="How much longer before each further one.")


class Toleration(Section):
    """A taint that a step bears, as Kubernetes has it; without a key, every taint."""

    key: LabelKey | None = Field(default=None, description="The taint's key.")
    operator: Literal["Exists", "Equal"] = Field(default="Exists", description="Equal compares the value as well.")
    value: LabelValue | None = Field(default=None, description="The taint's value, for Equal.")
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
    key: DataKey = Field(description="The key in it.")


class Source(Section):
    """Where a variable's value comes from: one key of a secret or of a config map."""

    secret: Name | None = Field(default=None, description="The secret's name.")
    config_map: Name | None = Field(default=None, description="The config map's name.")
    key: DataKey = Field(description="The key in it.")

    @model_validator(mode="after")
    def _check_one(self) -> "Source":
        if (self.secret is None) == (self.config_map is None):
            raise ValueError("takes one of secret and config_map")
        return self


class Requests(Section):
    """What the scheduler keeps free for a step, where that is less than it may use."""

    cpu: Cpu | None = Field(default=None, description="CPUs; without, as many as the step may use.")
    memory: Memory | None = Field(default=None, description="Memory; without, as much as the step may use.")


class Affinity(Section):
    """A rule on the labels of the machines that a step may go to, as Kubernetes has it."""

    key: LabelKey = Field(description="The label's key.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = Field(
        default="In", description="NotIn and DoesNotExist keep a step away."
    )
    values: Annotated[tuple[LabelValue, ...], Strict(False)] = Field(
        default=(), description="Of In and NotIn; of Gt and Lt one, a whole number."
    )
    weight: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="From 1 to 100: a wish, not a condition."
    )

    @model_validator(mode="after")
    def _check_values(self) -> "Affinity":
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise ValueError(f"has no values, when its operator is {self.operator}")
        if self.operator in ("In", "NotIn") and not self.values:
            raise ValueError(f"has values, when its operator is {self.operator}")
        if self.operator in ("Gt", "Lt") and not (len(self.values) == 1 and self.values[0].isdecimal()):
            raise ValueError(f"has one value, a whole number, when its operator is {self.operator}")
        return self


class Resources(Section):
    """The machine of one step in a cluster, and what is around it; quantities are written as in Kubernetes.

    A step has what `default` has and it does not say itself: of env, volumes, labels, annotations and node_selector
    entry by entry, of all else as a whole.
    """

    cpu: Cpu | None = Field(default=None, description="CPUs, both asked for and at most: '2', '0.5' or '500m'.")
    memory: Memory | None = Field(default=None, description="Both asked for and at most: 8Gi, 512Mi.")
    requests: Requests | None = Field(default=None, description="Less than cpu and memory, which are then at most.")
    ephemeral_storage: Memory | None = Field(
        default=None, description="Of the machine's own disk, both asked for and at most; not beside an accelerator."
    )
    accelerator: Accelerator | None = None
    node_pool: Text | None = Field(
        default=None,
        description="An entry of deploy/nodepools.yaml: accelerator, selectors, tolerations by one name.",
    )
    node_selector: Labels = Field(default={}, description="Labels that the machine must have.")
    tolerations: Tolerations = Field(default=(), description="Taints of machines that the step bears.")
    affinity: Annotated[tuple[Affinity, ...], Strict(False)] = Field(
        default=(), description="Rules on the machine's labels; all those without a weight must hold."
    )
    shared_memory: Memory | None = Field(default=None, description="The size of /dev/shm, which is part of the memory.")
    retries: NonNegativeInt = Field(
        default=2, description="How often a step that failed is tried again; a verdict answers at once, however often."
    )
    backoff: Backoff = Backoff()
    timeout: PositiveInt | None = Field(
        default=None, description="Seconds after which a try is stopped, on this machine too."
    )
    env: dict[Variable, Source] = Field(
        default={}, description="Variables from secrets and config maps, by name and key: no value is written down."
    )
    volumes: dict[MountPath, Claim] = Field(default={}, description="Volume claims by the folder each is mounted at.")
    labels: dict[OwnKey, LabelValue] = Field(default={}, description="Labels of the step's pod.")
    annotations: dict[OwnKey, Annotation] = Field(default={}, description="Annotations of the step's pod.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None, description="When the image is pulled; without it, as Kubernetes sees fit."
    )
    image_pull_secrets: Annotated[tuple[Name, ...], Strict(False)] = Field(
        default=(), description="Secrets that open the image's registry."
    )
    user: PositiveInt | None = Field(
        default=1000, description="The uid of the step, which is never root's; null leaves it to the image."
    )
    group: PositiveInt | None = Field(default=None, description="The gid of the step; without it, the uid's number.")

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
