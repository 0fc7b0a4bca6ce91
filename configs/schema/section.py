"""What every part of the configuration is made of."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema
from pydantic_core import core_schema

Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of the configuration: frozen, of strict types, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def one_of(words: Iterable[str]) -> GetPydanticSchema:
    """Returns the annotation of a text that is one of these words, as a Literal has them, which must be written out."""
    schema = core_schema.literal_schema(list(words))
    return GetPydanticSchema(lambda _kind, _handler: schema)


def is_named(column: str, pattern: str) -> bool:
    """Whether a pattern means a column: by its name, whatever signs are in it, or as one of many."""
    return column == pattern or fnmatchcase(column, pattern)
