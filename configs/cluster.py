"""The parts of the schema that only a cluster reads: when a pipeline runs, where it keeps things, on which machines."""

import math
import re
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    field_validator,
    model_validator,
)

from configs.section import Section, Text

Step = Literal[
    "default",
    "ExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "DataGate",
    "Transform",
    "Tuner",
    "Trainer",
    "Baseline",
    "Evaluator",
    "Yardsticks",
    "LoadCheck",
    "Pusher",
]

# Google's TPU machine types on GKE, and how many dimensions a topology of each has.
TPU_DIMENSIONS = {
    "tpu-v4-podslice": 3,
    "tpu-v5-lite-device": 2,
    "tpu-v5-lite-podslice": 2,
    "tpu-v5p-slice": 3,
    "tpu-v6e-slice": 2,
}


class Schedule(Section):
    """When the pipeline runs by itself in a cluster."""

    cron: str
    time_zone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _check_cron(cls, cron: str) -> str:
        if len(cron.split()) != 5:
            raise ValueError(f"'{cron}' is no cron expression of five fields, like '0 3 * * 1'")
        try:
            CronSim(cron, datetime.now())
        except CronSimError as error:
            raise ValueError(f"'{cron}' is no cron expression: {str(error).lower()}") from None
        return cron

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{time_zone}' is no time zone, like 'UTC' or 'Europe/Zurich'") from None
        return time_zone


class Accelerator(Section):
    """GPUs or TPU chips beside a step; `count` is for one machine, `topology` the whole slice.

    A TPU's topology follows GKE (https://cloud.google.com/kubernetes-engine/docs/concepts/tpus): two powers of
    two, or for v4 and v5p three numbers that are 1, 2 or a multiple of 4. Its chips fill whole machines, so
    their product is `count` (one machine) or a multiple of it.
    """

    type: Text
    count: PositiveInt = 1
    topology: str | None = None

    @model_validator(mode="after")
    def _check_topology(self) -> "Accelerator":
        if not self.type.startswith("tpu-"):
            if self.topology is not None:
                raise ValueError(f"only a TPU has a topology, and '{self.type}' is none")
            return self
        if self.type not in TPU_DIMENSIONS:
            raise ValueError(f"unknown TPU '{self.type}'; known: {', '.join(TPU_DIMENSIONS)}")
        sides = _read_topology(self.type, self.topology)
        chips = math.prod(sides)
        if chips % self.count:
            raise ValueError(f"topology '{self.topology}' has {chips} chips, no multiple of count {self.count}")
        return self


def _read_topology(tpu: str, topology: str | None) -> list[int]:
    flat = TPU_DIMENSIONS[tpu] == 2
    rule, like = ("two powers of two", "2x4") if flat else ("three of 1, 2 or multiples of 4", "2x2x4")
    if re.fullmatch(r"\d{1,3}(x\d{1,3})" + ("{1}" if flat else "{2}"), topology or ""):
        sides = [int(side) for side in str(topology).split("x")]
        if all(side > 0 and (side.bit_count() == 1 if flat else side in (1, 2) or side % 4 == 0) for side in sides):
            return sides
    raise ValueError(f"a topology of '{tpu}' is {rule}, like '{like}'" + (f", not '{topology}'" if topology else ""))


def _check_cpu(cpu: str) -> str:
    if not re.fullmatch(r"(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)", cpu):
        raise ValueError(f"'{cpu}' is no number of CPUs: write one like '2', '0.5' or '500m'")
    return cpu


def _check_memory(memory: str) -> str:
    if not re.fullmatch(r"(?=.*[1-9])\d+(\.\d+)?(k|[MGTPE]|[KMGTPE]i)", memory):
        raise ValueError(f"'{memory}' is no amount of memory: write a number and a unit, like '8Gi' or '512Mi'")
    return memory


def _spell(number: object) -> object:
    return str(number) if type(number) in (int, float) else number


class Resources(Section):
    """The machine of one step in a cluster; quantities are written as in Kubernetes."""

    cpu: Annotated[str, BeforeValidator(_spell), AfterValidator(_check_cpu)] | None = None
    memory: Annotated[str, BeforeValidator(_spell), AfterValidator(_check_memory)] | None = None
    retries: NonNegativeInt = 0
    accelerator: Accelerator | None = None
    node_pool: Text | None = None


class SecretKey(Section):
    """One key of a Kubernetes secret; only its name is ever written down."""

    secret: Text
    key: Text


class Cluster(Section):
    """Where the pipeline lies in a cluster: the counterpart of `storage`, and how Kubeflow Pipelines is reached."""

    root: Text = Field(
        default="/workspace", description="Stands for storage.root: a folder on a volume, or gs://, s3://."
    )
    claim: Text = Field(default="millrace", description="The volume claim that is mounted at a root that is a folder.")
    metadata: SecretKey = Field(
        default=SecretKey(secret="millrace-metadata", key="url"),
        description="Holds mysql://USER:PASSWORD@HOST:PORT/DATABASE, which stands for storage.metadata.",
    )
    host: Text | None = Field(default=None, description="The URL of Kubeflow Pipelines; else --host.")
    namespace: Text = "kubeflow"
    experiment: Text = "Default"
    service_account: Text = "millrace"
