"""How cells are spelled: what stands for a missing value, and what parts and surrounds the digits of a number."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict

# One spelling of a number that is a category: 3 for +3, 3. and 3.00, 2.5 for 2.50, 0.5 for .5; 007 and 1e3 stay. What
# replaces what, one after another, as RE2 has it: a served graph does the same.
PLAIN = (
    (r"^\+(\.?\d)", r"\1"),
    (r"^(-?)\.(\d)", r"\10.\2"),
    (r"^(-?(?:0|[1-9]\d*)\.\d*[1-9])0+$", r"\1"),
    (r"^(-?(?:0|[1-9]\d*))\.0*$", r"\1"),
    (r"^-0$", "0"),
)


def _spell_markers(given: Any) -> Any:
    """Return texts for what YAML takes for a number, a truth or nothing: `missing: [NA, -999, null]`."""
    words = {None: "null", True: "true", False: "false"}
    if not isinstance(given, list | tuple):
        return given
    return [words[item] if item is None or isinstance(item, bool) else str(item) for item in given]


Markers = Annotated[
    tuple[str, ...],
    BeforeValidator(_spell_markers, tuple[str | int | float | None, ...]),
    Strict(False),
]
Missing = Annotated[
    Markers | None, Field(description="Texts that stand for a missing value here, in place of data.missing.")
]
Decimal = Literal[".", ","]
Thousands = Literal[",", ".", "'", " ", ""]
OwnDecimal = Annotated[Decimal | None, Field(description="What parts whole and fraction, in place of data.decimal.")]
OwnThousands = Annotated[Thousands | None, Field(description="What groups digits, in place of data.thousands.")]
Unit = Annotated[
    str | None, Field(min_length=1, description='A text before or after each number that is passed over: "$", "%".')
]
Offset = Annotated[
    float,
    Field(
        allow_inf_nan=False,
        description="Of numbers that differ by a millionth of what they have in common: that. It is taken off before "
        "they become float32, in which a model learns.",
    ),
]
Trim = Annotated[bool, Field(description="Blanks around a value count for nothing.")]
Lower = Annotated[bool, Field(description="Capital letters count as small ones.")]
