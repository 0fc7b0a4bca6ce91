"""How training rows are changed at random, each time they are seen; docs/families.md has a row for each key."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat

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


class Augmentation(Section):
    """What becomes of the columns of each kind, in training only."""

    images: Images | None = None
    texts: Texts | None = None
    sequences: Sequences | None = None
