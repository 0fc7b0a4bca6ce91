"""The parts of a config that Transform and the Trainer depend on, as they travel to them: as JSON."""

from configs.features import Feature
from configs.models import Model
from configs.schema import Label
from configs.section import Section
from configs.training import Training


class Columns(Section):
    """What Transform depends on: the raw columns and what becomes of them."""

    features: dict[str, Feature]
    label: Label
    weight: str | None = None


class Settings(Columns):
    """What the Trainer depends on: the columns, the architecture and its training."""

    model: Model
    training: Training
