"""The part of the schema that says when data stops a run."""

from typing import Annotated

from pydantic import Field, PositiveFloat

from configs.schema.section import Section, Text

Share = Annotated[float, Field(ge=0, le=1)]


class Gate(Section):
    """How far new data may stray before a run stops."""

    unseen: Share = Field(
        default=0.01, description="Share of rows with values unseen by the schema or outside its range."
    )
    drift: PositiveFloat | None = Field(default=0.3, description="Distance from the data of the version in service.")
    skew: PositiveFloat | None = Field(default=0.3, description="Distance between the splits.")
    accept: Text | None = Field(default=None, description="Why to go on all the same; as --accept-anomalies gives it.")
