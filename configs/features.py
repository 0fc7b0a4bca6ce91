"""The feature kinds: what a column holds, and how a model is to see it."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, Strict, field_validator

from configs.section import Section, Text

Part = Literal["hour", "day_of_week", "day", "month", "year"]


class Numeric(Section):
    """A number, scaled or cut into quantile buckets."""

    kind: Literal["numeric"]
    scale: Literal["z_score", "min_max", "none"] = "z_score"
    buckets: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None, description="Quantiles, instead of a scale."
    )
    impute: Literal["mean"] | float = Field(default="mean", description="What a missing value becomes.")


class Categorical(Section):
    """A value out of a vocabulary learnt from the data."""

    kind: Literal["categorical"]
    vocabulary: PositiveInt = Field(description="How many of the most frequent values are kept.")
    oov: PositiveInt = Field(default=1, description="How many buckets share the other values.")


class Boolean(Section):
    """One of two values: true or false, yes or no, 1 or 0."""

    kind: Literal["boolean"]


class Timestamp(Section):
    """A moment, in UTC unless it says otherwise, of which a model sees the parts named."""

    kind: Literal["timestamp"]
    format: Text | None = Field(default=None, description="As strptime writes it (%d.%m.%Y); ISO 8601 without.")
    parts: Annotated[tuple[Part, ...], Strict(False), Field(min_length=1)] = ("hour", "day_of_week", "month")

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


Feature = Annotated[Numeric | Categorical | Boolean | Timestamp | Words, Field(discriminator="kind")]
