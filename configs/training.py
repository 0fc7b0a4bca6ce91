"""The part of the schema that says how a model is fitted."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from configs.section import Section


class Optimizer(Section):
    """How weights follow gradients."""

    name: Literal["adam", "sgd", "adagrad", "rmsprop", "adamw"] = "adam"
    learning_rate: PositiveFloat = 1e-3


class EarlyStopping(Section):
    """Stop when the eval split has not improved for more than `patience` epochs."""

    patience: NonNegativeInt


class Training(Section):
    """How long and how a model is fitted."""

    batch_size: PositiveInt = 256
    epochs: PositiveInt = 5
    steps: PositiveInt | None = Field(default=None, description="How many batches, whatever `epochs` says.")
    optimizer: Optimizer = Optimizer()
    early_stopping: EarlyStopping | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
