"""How cells are spelled: markers of missing values, numbers with signs of their own, one text for one value."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from components.readers.blanks import blank
from components.validation.cast import to_signs
from configs.schema.spelling import PLAIN


@dataclass(frozen=True)
class Spelling:
    """How the cells of a column are spelled."""

    missing: tuple[str, ...] = ()
    trim: bool = False
    lower: bool = False
    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether numbers are as programs write them."""
        return (self.decimal, self.thousands, self.unit) == (".", "", "")

    @property
    def example(self) -> str:
        """A number spelled so."""
        number = f"1{self.thousands}234{self.decimal}5"
        return number + self.unit if self.unit in ("", "%") else f"{self.unit}{number}"


def blank_missing(array: pa.Array, markers: Sequence[str]) -> pa.Array:
    """Return the cells, null where one is a marker, whatever blanks are around it, or nothing but blanks."""
    if pa.types.is_dictionary(array.type):
        return blank_missing(array.dictionary_decode(), markers)
    if is_text(array.type):
        with suppress(pa.ArrowInvalid):  # bytes that are no text
            bare = pc.utf8_trim_whitespace(array.cast(pa.string()))
            return _blank(array, pc.is_in(bare, value_set=pa.array(["", *markers], pa.string())))
    elif markers and (pa.types.is_floating(array.type) or pa.types.is_integer(array.type)):
        numbers = []
        for marker in markers:
            with suppress(ValueError):
                numbers.append(float(marker))
        found = pc.is_in(array.cast(pa.float64(), safe=False), value_set=pa.array(numbers, pa.float64()))
        return _blank(array, found)
    return array


def to_plain_numbers(array: pa.Array, spelling: Spelling) -> pa.Array:
    """Return numbers as programs write them: 1234.5 for $1,234.50; raise pa.ArrowInvalid for what is not spelled so."""
    if spelling.is_plain or not is_text(array.type):
        return array
    text = to_signs(blank_missing(array.cast(pa.string()), ()))
    if unit := re.escape(spelling.unit):
        around = rf"^([+-]?)\s*{unit}\s*(.*)$|^(.*\S)\s*{unit}$"
        text = pc.replace_substring_regex(pc.utf8_trim_whitespace(text), around, r"\1\2\3")
    text = pc.utf8_trim_whitespace(text)
    point, group = re.escape(spelling.decimal), re.escape(spelling.thousands)
    if spelling.thousands == " ":
        group = "[ \u00a0\u202f]"
    grouped = rf"[1-9]\d{{0,2}}({group}\d{{3}})+|[1-9]\d?({group}\d\d)+{group}\d{{3}}"  # the second as in India
    whole = rf"|({grouped})({point}\d*)?" if group else ""  # a number with an exponent has no groups
    pattern = rf"^[+-]?((\d+({point}\d*)?|{point}\d+)([eE][+-]?\d+)?{whole})$"
    if not pc.all(pc.match_substring_regex(text, pattern), min_count=0).as_py():
        raise pa.ArrowInvalid(f"is no number spelled like {spelling.example}")
    if group:
        text = pc.replace_substring_regex(text, group, "")
    return pc.replace_substring(text, spelling.decimal, ".")


def unify(text: pa.Array, spelling: Spelling) -> pa.Array:
    """Return texts of which equal values are equal: numbers in one spelling, blanks and case as the config has it."""
    if spelling.trim:
        text = pc.utf8_trim_whitespace(text)
    if spelling.lower:
        text = pc.utf8_lower(text)
    unusual = (pc.match_substring(text, "."), pc.starts_with(text, "+"), pc.equal(text, "-0"))
    if not any(pc.any(found).as_py() for found in unusual):  # as nearly always, and a tenth of the time
        return text
    values = text.dictionary_encode()
    plain = values.dictionary
    for pattern, replacement in PLAIN:
        plain = pc.replace_substring_regex(plain, pattern, replacement)
    return plain.take(values.indices)


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of a type are texts, or bytes that may be."""
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _blank(array: pa.Array, found: pa.Array) -> pa.Array:
    return blank(array, found) if pc.any(found).as_py() else array
