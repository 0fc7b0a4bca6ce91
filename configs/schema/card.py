"""The part of the schema that says what a model is for."""

from pydantic import Field

from configs.schema.section import Section, Text


class Card(Section):
    """What a person should know of a model before using it; it stands in the model card."""

    owner: Text | None = Field(default=None, description="Who answers for it, as a team or an address.")
    purpose: Text | None = Field(default=None, description="What it is made for, and who uses what it says.")
    limits: Text | None = Field(default=None, description="What it is not made for, and where it is known to be wrong.")
    licence: Text | None = Field(default=None, description="On what terms it may be used.")
