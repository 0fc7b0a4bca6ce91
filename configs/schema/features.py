"""The feature kinds: what a column holds, and how a model is to see it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, Strict, field_validator, model_validator

from configs.schema.section import Section, Text
from configs.schema.spelling import Lower, Missing, Offset, OwnDecimal, OwnThousands, Trim, Unit

Part = Literal["hour", "day_of_week", "day", "month", "year"]
Columns = Annotated[
    tuple[Text, ...],
    BeforeValidator(lambda given: [given] if isinstance(given, str) else given, tuple[Text, ...] | Text),
    Strict(False),
    Field(min_length=1),
]


class Numeric(Section):
    """A number, scaled or cut into quantile buckets."""

    kind: Literal["numeric"]
    scale: Literal["z_score", "min_max", "log", "none"] = Field(
        default="z_score", description="log is the z-score of sign(x) log(1 + |x|), for what grows by multiples."
    )
    buckets: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None, description="Quantiles, instead of a scale."
    )
    impute: Literal["mean"] | float = Field(default="mean", description="What a missing value becomes.")
    missing: Missing = None
    decimal: OwnDecimal = None
    thousands: OwnThousands = None
    unit: Unit = None
    offset: Offset = 0.0

    @model_validator(mode="after")
    def _check_offset(self) -> "Numeric":
        if self.offset and self.scale == "log":
            raise ValueError("with an offset is measured from there, and has no logarithmic scale")
        return self


class Categorical(Section):
    """A value out of a vocabulary learnt from the data, out of hash buckets, or an id."""

    kind: Literal["categorical"]
    vocabulary: PositiveInt | None = Field(default=None, description="How many of the most frequent values are kept.")
    oov: PositiveInt = Field(default=1, description="How many buckets share the values outside the vocabulary.")
    hash: PositiveInt | None = Field(default=None, description="How many buckets share all values; nothing is learnt.")
    ids: PositiveInt | None = Field(default=None, description="The values are whole numbers from 0 to below this.")
    missing: Missing = None
    trim: Trim = False
    lower: Lower = False

    @model_validator(mode="after")
    def _check_choice(self) -> "Categorical":
        if sum(way is not None for way in (self.vocabulary, self.hash, self.ids)) != 1:
            raise ValueError("takes one of vocabulary, hash and ids: how its values become numbers")
        if self.vocabulary is None and self.oov != 1:
            raise ValueError("takes oov beside a vocabulary only")
        if self.ids and (self.trim or self.lower):
            raise ValueError("of ids takes neither trim nor lower: its values are numbers")
        return self


class Boolean(Section):
    """One of two values: true or false, yes or no, 1 or 0."""

    kind: Literal["boolean"]
    missing: Missing = None


class Timestamp(Section):
    """A moment, in UTC unless it says otherwise, of which a model sees the parts named."""

    kind: Literal["timestamp"]
    format: Text | None = Field(
        default=None,
        description="As strptime writes it (%d.%m.%Y), with Q%q for a quarter (%YQ%q), or seconds, milliseconds, "
        "microseconds or nanoseconds since 1970, or excel for its days; ISO 8601 without. Years of two digits are 1969 "
        "to 2068, as POSIX has it.",
    )
    parts: Annotated[tuple[Part, ...], Strict(False), Field(min_length=1)] = Field(
        default=("hour", "day_of_week", "month"),
        description="The year becomes a number, all else a point on a circle.",
    )
    missing: Missing = None

    @field_validator("parts")
    @classmethod
    def _check_parts(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if len(set(parts)) < len(parts):
            raise ValueError("names a part twice")
        return parts


class Words(Section):
    """A text, of which a model sees the words."""

    kind: Literal["text"]
    vocabulary: PositiveInt = Field(default=5000, description="How many of the most frequent words are kept.")
    length: PositiveInt = Field(default=100, description="How many words of a text are read.")
    missing: Missing = None


class Image(Section):
    """A picture, of which a model sees numbers from 0 to 1: height x width x channels."""

    kind: Literal["image"]
    height: PositiveInt = Field(description="Pixels that a model sees; what has others is resized.")
    width: PositiveInt = Field(description="Pixels that a model sees.")
    channels: Literal[1, 3] = Field(default=3, description="1 is grey, 3 red, green and blue.")
    columns: Columns | None = Field(
        default=None, description="One for each pixel and channel, row by row; without, the cell is a PNG or JPEG file."
    )
    maximum: PositiveFloat = Field(default=255.0, description="What a number in `columns` is at most.")

    @property
    def size(self) -> int:
        """How many numbers it is made of."""
        return self.height * self.width * self.channels


class Steps(Section):
    """A sequence of steps, each a few numbers or an id, of which a model sees the first ones and which are there."""

    kind: Literal["sequence"]
    length: PositiveInt = Field(description="How many steps are read; what is shorter is padded.")
    width: PositiveInt = Field(default=1, description="How many numbers a step has.")
    columns: Columns | None = Field(
        default=None, description="One for each number, step by step; without, the cell is a list."
    )
    scale: Literal["z_score", "min_max", "none"] = Field(
        default="z_score", description="How its numbers are scaled, each of a step's by itself."
    )
    ids: PositiveInt | None = Field(default=None, description="The steps are whole numbers from 0 to below this.")

    decimal: OwnDecimal = None
    thousands: OwnThousands = None
    unit: Unit = None

    @model_validator(mode="after")
    def _check_ids(self) -> "Steps":
        if self.ids and (self.columns or self.width > 1 or self.scale != "z_score"):
            raise ValueError("of ids takes neither columns nor width nor scale")
        return self

    @property
    def size(self) -> int:
        """How many numbers it is made of at most."""
        return self.length * self.width


Feature = Annotated[Numeric | Categorical | Boolean | Timestamp | Words | Image | Steps, Field(discriminator="kind")]


def list_columns(feature: Feature) -> tuple[str, ...]:
    """The columns that the feature is made of; none where it is a column itself."""
    return feature.columns or () if isinstance(feature, Image | Steps) else ()
