"""GPUs and TPUs, by the names that Google's Kubernetes has for them."""

import math
import re
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from configs.schema.section import Section, Text

# Google's TPU machine types on GKE, and how many dimensions a topology of each has.
TPU_DIMENSIONS = {
    "tpu-v4-podslice": 3,
    "tpu-v5-lite-device": 2,
    "tpu-v5-lite-podslice": 2,
    "tpu-v5p-slice": 3,
    "tpu-v6e-slice": 2,
}


class Accelerator(Section):
    """GPUs or TPU chips beside a step; `count` is for one machine, `topology` the whole slice.

    A TPU's topology follows GKE (https://cloud.google.com/kubernetes-engine/docs/concepts/tpus): two powers of
    two, or for v4 and v5p three numbers that are 1, 2 or a multiple of 4. Its chips fill whole machines, so
    their product is `count` (one machine) or a multiple of it.
    """

    type: Text = Field(description="As GKE names it: nvidia-l4, tpu-v5-lite-podslice.")
    count: PositiveInt = Field(default=1, description="How many beside one machine.")
    topology: str | None = Field(default=None, description="Of a TPU, the whole slice: 2x4; for v4 and v5p, 2x2x4.")

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

    @property
    def kind(self) -> Literal["gpu", "tpu"]:
        """What it is, as `training.device` and the flavours of the image have it."""
        return "tpu" if self.type in TPU_DIMENSIONS else "gpu"

    @property
    def chips(self) -> int:
        """How many there are in the whole slice of a TPU; beside one machine of GPUs, its count."""
        return math.prod(map(int, self.topology.split("x"))) if self.topology else self.count


def _read_topology(tpu: str, topology: str | None) -> list[int]:
    flat = TPU_DIMENSIONS[tpu] == 2
    rule, like = ("two powers of two", "2x4") if flat else ("three of 1, 2 or multiples of 4", "2x2x4")
    if re.fullmatch(r"\d{1,3}(x\d{1,3})" + ("{1}" if flat else "{2}"), topology or ""):
        sides = [int(side) for side in str(topology).split("x")]
        if all(side > 0 and (side.bit_count() == 1 if flat else side in (1, 2) or side % 4 == 0) for side in sides):
            return sides
    raise ValueError(f"a topology of '{tpu}' is {rule}, like '{like}'" + (f", not '{topology}'" if topology else ""))
