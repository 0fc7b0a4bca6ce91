"""The part of the schema that says what of a column may enter a pipeline at all."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from configs.schema.features import Feature
from configs.schema.section import Section, Text, is_named


class Key(Section):
    """A secret key, by the name of the environment variable that holds it; the key itself stands nowhere."""

    key_env: Text = Field(description="The environment variable that holds the key, of 16 characters or more.")
    key_digest: Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None = Field(
        default=None, description="Tells the key from others; a run without it says what to write."
    )


class Code(Section):
    """A value becomes another, by one of these."""

    hash: Key | None = Field(
        default=None, description="A code: equal for equal values, and a guess is told by the key alone."
    )
    bin: PositiveFloat | None = Field(
        default=None, description="Of a number, the lower end of its bin, which is so wide: of 10, 37 becomes 30."
    )


Mask = Code | Literal["drop", "redact"]
FITTING = {
    "hash": "a categorical feature that is learnt or hashed, the group, or a slice",
    "bin": "a numeric feature without an offset",
    "redact": "a feature of kind text or categorical",
}


class Privacy(Section):
    """What becomes of a column before anything of it is written, in training, `predict` and `serve` alike."""

    columns: dict[Text, Mask] = Field(
        default={},
        description="By column or pattern: drop, which keeps it out of all patterns; {hash: {key_env: NAME}}; "
        "{bin: 10}; or redact, which takes e-mail addresses, phone, card and IBAN numbers out of a text.",
    )

    def check(self, features: Mapping[str, Feature], others: Collection[str], whole: Collection[str]) -> None:
        """Raises ValueError for a mask that does not fit its columns.

        `others` are groups and slices that are no features; `whole` is what no mask may be laid over.
        """
        for pattern, mask in self.columns.items():
            if isinstance(mask, Code) and (mask.hash is None) == (mask.bin is None):
                raise ValueError(f"'{pattern}' takes one of hash and bin")
            what = f"{name_mask(mask)} of '{pattern}'"
            found = [name for name in whole if is_named(name, pattern)]
            named = [name for name in (*features, *others) if is_named(name, pattern)]
            if mask == "drop":
                if found or named:
                    raise ValueError(f"{what}: '{(found or named)[0]}' is named elsewhere: take it out there")
                continue
            if found:
                raise ValueError(f"{what}: '{found[0]}' is needed as it is")
            matched = [*named, *(name for name in features if is_named(pattern, name) and name not in named)]
            if not matched:
                near = "".join(f"; did you mean '{name}'?" for name in get_close_matches(pattern, features, 1))
                raise ValueError(f"{what}, which is no feature, group or slice{near}")
            if not all(fits(mask, features.get(name)) for name in matched):
                raise ValueError(f"{what}, which is not {FITTING[name_mask(mask)]}")


def name_mask(mask: Mask) -> str:
    """Returns what a mask is called."""
    if isinstance(mask, Code):
        return "hash" if mask.hash else "bin"
    return mask


def fits(mask: Mask, feature: Feature | None) -> bool:
    """Whether a mask can be laid over a feature; without one, over a column of values, as a group is."""
    match name_mask(mask):
        case "hash":
            return feature is None or (feature.kind == "categorical" and feature.ids is None)
        case "bin":
            return feature is not None and feature.kind == "numeric" and not feature.offset
    return feature is not None and feature.kind in ("text", "categorical")
