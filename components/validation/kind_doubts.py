"""Which key of the config is wrong where no cell is: one whose kind takes hardly any cell of its column."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from components.validation.cast import to_text
from components.validation.column_types import Role
from configs.errors import DataRejected
from configs.quantities import count

TRIED = 100  # different cells
FEWEST = 2  # that are refused
MOST = 0.9  # of those tried, from which the kind is wrong and not the cells
FORMAT = "as strptime writes it (%d.%m.%Y)"
EPOCH = "seconds, milliseconds, microseconds or nanoseconds since 1970, or excel for its days"
SPELLED = re.compile(r"\W*[A-Z]{0,3}\s*[+-]?\d[\d.,' \u00a0\u202f]*\s*\D{0,3}")  # a number with signs of its own


def doubt_kind(column: pa.Array, role: Role, place: str) -> DataRejected | None:
    """Return what is said where nearly all different cells are refused, one of them at `place`; None where few are.

    Only of roles whose kind the user chose.
    """
    if role.name not in KEYS or role.mask:  # of which no cell may be shown
        return None
    tried = _choose(column)
    refused = [text for text in tried if role.fault(text)]
    if len(refused) < max(FEWEST, MOST * len(tried)):
        return None
    key, subject = KEYS[role.name]
    taken, cells = len(tried) - len(refused), count(len(tried), "different cell")
    told = f"only {taken} of {cells}, and not" if taken else f"none of {cells}, such as"
    what = f"{subject} {told} {_show(refused[0])} in {place}"
    return DataRejected(what, key.format(role.column), _advise(role, refused))


def _choose(cells: pa.Array) -> list[str]:
    """Return different cells that are not blank, as texts."""
    try:
        texts = to_text(cells).drop_null().unique().slice(0, TRIED)
    except pa.ArrowException:
        return []
    return texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), "")).to_pylist()


def _advise(role: Role, texts: list[str]) -> str:
    others = _name_others(role, texts)
    match role.name:
        case "label":
            return f"Correct label.classes, to which {', '.join(map(_show, texts[:3]))} would belong, or label.name."
        case "id":
            return "Write vocabulary or hash in place of ids."
        case "timestamp" if all(map(_is_number, texts)):
            return f"Write format: {EPOCH}, or {FORMAT}; or {others}."
        case "timestamp":
            return f"Write format, {FORMAT}; or {others}."
        case "numeric" | "target" if all(map(SPELLED.fullmatch, texts)):
            return f"Say how its numbers are spelled (decimal, thousands, unit); or {others}."
    return f"{others[0].upper()}{others[1:]}."


def _name_others(role: Role, texts: list[str]) -> str:
    """Return how to write the kinds that take all these cells."""
    if role.name == "target":
        return "write kind: multiclass with its classes, or correct label.name"
    plain = (Role(kind, role.column, spelling=role.spelling) for kind in ("boolean", "numeric", "timestamp"))
    fitting = (other.name for other in plain if not any(map(other.fault, texts)))
    return f"write kind: {next(fitting, 'categorical, or text')}"


def _is_number(text: str) -> bool:
    return Role("numeric", "").fault(text) is None


def _show(text: str) -> str:
    return f"`{text if len(text) <= 40 else f'{text[:37]}...'}`"


KEYS = {  # by role: the key, and what to say of it
    "numeric": ("features.{}.kind", "numeric takes"),
    "boolean": ("features.{}.kind", "boolean takes"),
    "timestamp": ("features.{}.format", "timestamp takes"),
    "id": ("features.{}.ids", "it takes"),
    "label": ("label.classes", "the classes are"),
    "target": ("label.kind", "regression takes"),
}
