"""Columns that look personal, of which `init` says so: what becomes of them is for a person to decide."""

import re
from collections.abc import Mapping

from components.validation.personal_data import SIGNS
from components.validation.profile import Column
from pipelines.onboarding.moment_inference import spot_moment

TRIED = 200  # different values
MOST = 0.8  # of those tried that have the sign
SOME = 0.01  # of those tried, of a text that holds some
KINDS = {"email": "e-mail addresses", "iban": "IBANs", "card": "card numbers", "phone": "phone numbers"}
NAMES = {"name", "names", "surname", "forename", "firstname", "lastname", "fullname"}
WHOSE = {"first", "last", "full", "given", "family", "middle", "birth", "maiden", "customer", "client", "patient"}
WHOSE |= {"person", "contact", "holder", "passenger", "employee", "user", "owner", "guest", "member", "of", "the"}
CAPITAL = re.compile(r"[^\W\d_a-z][^\d@_]+")


def find_personal(columns: Mapping[str, Column]) -> list[str]:
    """Returns a warning for each column that looks personal."""
    found = ((name, describe_personal(column)) for name, column in columns.items())
    return [f"`{name}` {told}, as privacy.columns has it." for name, told in found if told]


def describe_personal(column: Column) -> str:
    """Returns what a column looks like and what may be done; nothing where it looks like nothing personal."""
    if not column.is_single or not len(column.values):
        return ""
    values = [text for text in column.texts[:TRIED].to_pylist() if text.strip()]
    for kind, sign in SIGNS.items():
        if sum(map(sign.is_whole, values)) >= MOST * len(values) and not (kind == "phone" and _is_other(column)):
            return f"looks like {KINDS[kind]}: drop it, or hash it"
    if _is_named(column.name) and sum(bool(CAPITAL.fullmatch(text)) for text in values) >= MOST * len(values):
        return "looks like names: drop it, or hash it"
    held = [KINDS[kind] for kind in ("email", "iban") if _holds(kind, values)]
    return f"holds {' and '.join(held)}: redact it, or drop it" if held else ""


def _holds(kind: str, values: list[str]) -> bool:
    sign = SIGNS[kind]
    return sum(sign.replace(text, "") != text for text in values) > SOME * len(values)


def _is_other(column: Column) -> bool:
    """Whether digits are numbers, or moments, rather than those of a phone."""
    return column.is_number or spot_moment(column) is not None


def _is_named(name: str) -> bool:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    parts = {word.lower() for word in re.split(r"[\W_]+", words) if word}
    return bool(parts & NAMES) and parts <= NAMES | WHOSE
