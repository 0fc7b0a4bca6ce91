"""The parts of a config that Transform and the Trainer depend on, as they travel to them: as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from configs.schema.evaluation import ORIGIN
from configs.schema.features import Feature
from configs.schema.label import Label
from configs.schema.models import Model
from configs.schema.privacy import Budget
from configs.schema.section import Section
from configs.schema.training import Training
from configs.schema.tuning import replace


class Columns(Section):
    """What Transform depends on: the raw columns and what becomes of them."""

    features: dict[str, Feature]
    label: Label
    weight: str | None = None
    clients: str | None = None  # a column that tells rows apart by whose they are: each is known by it, as `CLIENT`
    origins: int | None = None  # from which so many the latest rows are judged: each is then told which, `ORIGIN`
    folds: int | None = None  # into so many the rows are divided to judge: each is then known by `features.identity`

    @property
    def others(self) -> list[str]:
        """The columns beside the features."""
        found = (self.label.name, self.weight, self.clients, ORIGIN if self.origins else None)
        return [name for name in found if name]


class Settings(Columns):
    """What the Trainer depends on: the columns, the architecture and its training."""

    model: Model
    training: Training
    budget: Budget | None = None  # what may be told of a row; without one, anything

    @model_validator(mode="after")
    def _check_budget(self) -> "Settings":
        if self.budget:  # a trial's values, too, are to keep to it
            self.budget.check({"model": self.model, "training": self.training})
        return self

    def replace(self, values: Mapping[str, Any]) -> "Settings":
        """Returns the same settings with other values at some keys; raises ValidationError where they do not fit."""
        return Settings.model_validate(replace(self.model_dump(mode="json"), values))


def read_values(found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the values that a search has found, by key, from KerasTuner's description of them.

    Texts in it are JSON; what a search keeps for itself there is left out. Without a search there are none.
    """
    return {
        key: json.loads(value) if isinstance(value, str) else value
        for key, value in (found["values"] if found else {}).items()
        if not key.startswith("tuner/")
    }
