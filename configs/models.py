"""The model families of a pipeline's YAML, one section each."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, Strict

from configs.section import Section

Activation = Literal[
    "elu", "gelu", "leaky_relu", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh"
]


class Architecture(Section):
    """What every family has."""

    l1: NonNegativeFloat = Field(default=0.0, description="What the loss gains by the size of each weight.")
    l2: NonNegativeFloat = Field(default=0.0, description="What the loss gains by the square of each weight.")


class Linear(Architecture):
    """A generalised linear model."""

    family: Literal["linear"]


class Network(Architecture):
    """What every family with hidden layers has."""

    hidden_units: Annotated[tuple[PositiveInt, ...], Strict(False), Field(min_length=1)]
    activation: Activation = "relu"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    embedding: PositiveInt = Field(default=8, description="The width of each category's embedding.")


class Dnn(Network):
    """A stack of dense layers."""

    family: Literal["dnn"]


class WideDeep(Network):
    """A linear model beside a stack of dense layers."""

    family: Literal["wide_deep"]


Model = Annotated[Linear | Dnn | WideDeep, Field(discriminator="family")]
