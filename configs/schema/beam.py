"""The part of the schema that says which Beam engine does the work of the nodes that go over the data."""

import re
from typing import Annotated, Literal

from pydantic import Field, Strict, field_validator, model_validator

from configs.nodes import NODES
from configs.schema.section import Section, Text, one_of

Runner = Literal["direct", "flink", "spark", "dataflow", "portable"]
BeamNode = Annotated[str, one_of(spec.id for spec in NODES.values() if spec.on_beam)]
Value = bool | int | float | Text | Annotated[tuple[Text, ...], Strict(False)]

# What an engine cannot do without; where it is absent Beam would start one of its own, or wait for one in vain.
SERVED = ("job_endpoint", "environment_type")
NEEDED: dict[Runner, tuple[str, ...]] = {
    "direct": (),
    "flink": SERVED,
    "spark": SERVED,
    "portable": SERVED,
    "dataflow": ("project", "region", "temp_location", "sdk_container_image"),
}


class Engine(Section):
    """One Beam engine, and Beam's own options for it."""

    runner: Runner = Field(
        default="direct", description="direct is the step's own machine; portable any engine with a job endpoint."
    )
    args: dict[Text, Value] = Field(
        default={}, description="Beam's options by name, without dashes; a list repeats one, true is one without value."
    )

    console: Text | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="The engine's own page, like http://millrace-flink-jobmanager:8081; shown while a job goes on.",
    )

    @field_validator("args")
    @classmethod
    def _check_args(cls, args: dict[str, Value]) -> dict[str, Value]:
        wrong = next((name for name in args if name == "runner" or not re.fullmatch(r"[a-z]\w*", name)), None)
        if wrong:
            raise ValueError(f"'{wrong}' is no option of Beam's, like job_endpoint; the runner has a key of its own")
        return args

    @model_validator(mode="after")
    def _check_needs(self) -> "Engine":
        absent = [name for name in NEEDED[self.runner] if name not in self.args]
        if absent:
            raise ValueError(f"of runner {self.runner} needs args: {', '.join(absent)}")
        if self.starts_containers and "sdk_container_image" not in self.args:
            raise ValueError("of environment_type DOCKER needs args: sdk_container_image")
        return self

    @property
    def starts_containers(self) -> bool:
        """Whether its workers are containers of `sdk_container_image`, which must hold Beam's program for that."""
        return self.runner == "dataflow" or self.args.get("environment_type") == "DOCKER"


class Beam(Engine):
    """The engine of all nodes that go over the data, and those of nodes that have another."""

    nodes: dict[BeamNode, Engine] = Field(default={}, description="A node's own runner and args, in place of these.")

    @property
    def hands_over(self) -> bool:
        """Whether any node's work is done by another machine than its own."""
        return any(engine.runner != "direct" for engine in (self, *self.nodes.values()))

    @property
    def starts_images(self) -> bool:
        """Whether any node's workers are containers of an image."""
        return any(engine.starts_containers for engine in (self, *self.nodes.values()))

    def engine(self, node: str) -> Engine:
        """The engine of a node."""
        return self.nodes.get(node, self)

    def takes(self, node: str) -> bool:
        """Whether what a node does is done by another machine than its own."""
        return NODES[node].on_beam and self.engine(node).runner != "direct"
