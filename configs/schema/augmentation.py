"""How training rows are changed at random, each time they are seen; docs/families.md has a row for each key."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from configs.schema.features import Feature
from configs.schema.section import Section

Part = Annotated[float, Field(ge=0, lt=1)]


class Images(Section):
    """What becomes of images; what comes in from beyond an edge is mirrored."""

    flip: Literal["horizontal", "vertical", "both"] | None = Field(default=None, description="Half of them, that way.")
    rotation: Annotated[float, Field(ge=0, le=180)] = Field(default=0.0, description="Degrees, at most, either way.")
    crop: Part = Field(default=0.0, description="Share of the sides, at most, that is cut off, anywhere.")
    zoom: Part = Field(default=0.0, description="Share by which they grow or shrink, at most, around the middle.")
    contrast: Part = Field(default=0.0, description="Share by which it grows or shrinks, at most.")
    noise: NonNegativeFloat = Field(default=0.0, description="Standard deviation, where black is 0 and white 1.")


class Texts(Section):
    """What becomes of texts, and of sequences of ids."""

    dropout: Part = Field(description="Share of the words that become unknown ones.")


class Sequences(Section):
    """What becomes of sequences of numbers."""

    jitter: NonNegativeFloat = Field(description="Standard deviation of the noise, on the scale that the model sees.")


class Numbers(Section):
    """What becomes of numbers, and of the parts of moments."""

    jitter: NonNegativeFloat = Field(description="Standard deviation of the noise, on the scale that the model sees.")


class Augmentation(Section):
    """What becomes of the columns of each kind, and of whole rows, in training only."""

    mixup: PositiveFloat | None = Field(
        default=None, description="Rows become means of two, labels too; by shares of Beta(mixup, mixup)."
    )
    cutmix: PositiveFloat | None = Field(
        default=None, description="Images get a part of another, labels its share; by shares of Beta(cutmix, cutmix)."
    )
    numbers: Numbers | None = None
    images: Images | None = None
    texts: Texts | None = None
    sequences: Sequences | None = None

    @model_validator(mode="after")
    def _check_mixing(self) -> "Augmentation":
        if self.mixup and self.cutmix:
            raise ValueError("takes mixup or cutmix")
        return self

    @property
    def mixes(self) -> bool:
        """Whether a row that is seen is made of two."""
        return bool(self.mixup or self.cutmix)

    def check(self, features: Iterable[tuple[str, Feature]]) -> None:
        """Raises ValueError for a feature of which no two values can be mixed."""
        for name, feature in features:
            whole = feature.kind == "image" or (feature.kind == "numeric" and not feature.buckets)
            if self.mixup and not whole:
                raise ValueError(f"mixup takes means of numbers and images, and '{name}' is neither: leave mixup out")
            if self.cutmix and feature.kind != "image":
                raise ValueError(f"cutmix cuts images, and '{name}' is none: take mixup, or leave cutmix out")
