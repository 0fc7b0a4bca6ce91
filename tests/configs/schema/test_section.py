from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from configs.schema.section import Section, Text, one_of


class Part(Section):
    """A part with a value of each kind."""

    name: Text = "a"
    share: float = 0.5
    colour: Annotated[str, one_of(["red", "green"])] = "red"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": ""}, "at least 1 character"),
        ({"share": "0.5"}, "should be a valid number"),
        ({"share": float("inf")}, "should be a finite number"),
        ({"colour": "blue"}, "'red' or 'green'"),
        ({"size": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_section_takes_what_it_names_and_nothing_else(given: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Part(**given)


def test_a_section_stays_as_it_is() -> None:
    part: Any = Part(colour="green")
    with pytest.raises(ValidationError, match="frozen"):
        part.colour = "red"
    assert part.colour == "green"
