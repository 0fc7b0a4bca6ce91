"""The part of the schema that lets a run look for better values of its own keys."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, Strict, field_validator, model_validator

from configs.schema.section import Section, Text
from configs.schema.training import FITTING, Training, TrainingMetric

SECTIONS = ("model", "training")
SETTLED = (  # keys of training that say where and how fast it runs, and not what is learnt
    "cache",
    "checkpoint_every",
    "device",
    "jit_compile",
    "metrics",
    "replay",
    "replicas",
    "seed",
    "shuffle",
    "steps_per_execution",
    "warm_start",
    "workers",
)
TRIALS = 20
Objective = TrainingMetric | Literal["loss"]


class Space(Section):
    """The values that a key may have: all from `min` to `max`, or one of `choices`."""

    min: int | float | None = Field(default=None, description="The least; a key of whole numbers gets no others.")
    max: int | float | None = Field(default=None, description="The largest, which may be taken as well.")
    scale: Literal["linear", "log"] = Field(default="linear", description="log: as many below 1e-2 as above, say.")
    step: PositiveInt | PositiveFloat | None = Field(default=None, description="How far values lie apart.")
    choices: Annotated[tuple[Any, ...], Strict(False), Field(min_length=2)] | None = Field(
        default=None, description="Values of any type; of `model` and its like, whole sections."
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> "Space":
        if self.choices is not None:
            if (self.min, self.max, self.step, self.scale) != (None, None, None, "linear"):
                raise ValueError("takes choices, or min and max")
            return self
        if self.min is None or self.max is None:
            raise ValueError("needs min and max, or choices")
        if self.min >= self.max:
            raise ValueError(f"min {self.min} does not lie below max {self.max}")
        if self.scale == "log" and (self.min <= 0 or self.step):
            raise ValueError("of scale log begins above 0, and has no step")
        return self

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values that must fit the key for all to fit."""
        return self.choices or (self.min, self.max)


class Tuning(Section):
    """A search for the values of keys that do best on the eval split; the Trainer then trains with them."""

    search: Literal["random", "bayesian", "hyperband"] = Field(
        default="bayesian", description="hyperband trains many models briefly, and the best of them on."
    )
    trials: PositiveInt | None = Field(
        default=None, description="Of random and bayesian, how many models are trained; 20."
    )
    factor: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="Of hyperband: one in so many is trained on, for as many times the epochs; 3."
    )
    objective: Objective | None = Field(
        default=None, description="What is made best, on the eval split; without it, what is told of each epoch."
    )
    space: Annotated[dict[Text, Space], Field(min_length=1)] = Field(
        description="By key: training.optimizer.learning_rate: {min: 1e-4, max: 1e-1, scale: log}."
    )

    @field_validator("space")
    @classmethod
    def _check_keys(cls, space: dict[str, Space]) -> dict[str, Space]:
        for key in space:
            section, *rest = key.split(".")
            if section not in SECTIONS or (section == "training" and not rest) or not all(rest):
                raise ValueError(f"'{key}' is no key of {' or '.join(SECTIONS)}")
            if section == "training" and rest[0] in SETTLED:
                raise ValueError(f"'{key}' does not change what is learnt")
            if outer := next((other for other in space if key.startswith(f"{other}.")), None):
                raise ValueError(f"'{key}' is a part of '{outer}', which is searched as well")
        for model in space["model"].choices or () if "model" in space else ():
            if isinstance(model, dict) and model.get("family") == "custom":
                raise ValueError("of a custom model its options can be searched, model.options.NAME, and not it itself")
        return space

    @model_validator(mode="after")
    def _check_search(self) -> "Tuning":
        owner = {"trials": ("random", "bayesian"), "factor": ("hyperband",)}
        for name, searches in owner.items():
            if getattr(self, name) is not None and self.search not in searches:
                raise ValueError(f"{name} belongs to {' and '.join(searches)}, not to {self.search}")
        if self.search == "hyperband" and {"training.epochs", "training.steps"} & self.space.keys():
            raise ValueError("of hyperband sets the epochs itself")
        return self

    @property
    def families(self) -> set[str]:
        """The model families that are searched."""
        models = [model for model in self._choices("model") if isinstance(model, dict)]
        return {*(str(model.get("family")) for model in models), *map(str, self._choices("model.family"))}

    @property
    def total(self) -> int | None:
        """How many models are trained; None of hyperband, which sets that itself."""
        return None if self.search == "hyperband" else self.trials or TRIALS

    def check(self, kind: str, training: Training) -> None:
        """Raises ValueError for what does not fit a label of this kind, or this training."""
        if self.objective not in (None, "loss", *FITTING[kind]):
            known = ", ".join(("loss", *FITTING[kind]))
            raise ValueError(f"'{self.objective}' tells nothing of a {kind} label; what does: {known}")
        if training.loss and training.loss.quantiles and self.objective not in (None, "loss"):
            raise ValueError(f"'{self.objective}' is of one number, and label.quantiles names several: leave it out")
        if self.search == "hyperband" and training.steps:
            raise ValueError("by hyperband needs training.epochs, in place of training.steps")
        if training.teacher:
            raise ValueError("trains models without a teacher: search first, then let what was found be taught")
        if training.warm_start:
            raise ValueError("trains models from the start: set training.warm_start to false")

    def _choices(self, key: str) -> tuple[Any, ...]:
        return (self.space[key].choices or ()) if key in self.space else ()


def replace(data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns plain data with other values at some keys, such as training.epochs."""
    changed = dict(data)
    for key, value in values.items():
        name, _, rest = key.partition(".")
        inner = changed.get(name)
        changed[name] = replace(inner if isinstance(inner, Mapping) else {}, {rest: value}) if rest else value
    return changed
