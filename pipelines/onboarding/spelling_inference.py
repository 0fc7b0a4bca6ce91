"""How a data set spells its cells: markers of missing values, signs in numbers, several spellings of one value."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.validation.cast import to_doubles, to_signs
from components.validation.profile import Column, Profile, describe
from components.validation.spelling import Spelling, blank_missing, is_text, to_plain_numbers, unify
from configs.loading.yaml_writer import show
from configs.quantities import count
from pipelines.onboarding.moment_inference import spot_moment

# What pandas and R take for a missing value, but for None, which often is a category: of masonry, of alcohol.
USUAL = (
    *("NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "<NA>", "#N/A", "#N/A N/A", "#NA", "#NV"),
    *("1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
# What else stands for one among numbers and moments, in capital letters or not.
AMONG_NUMBERS = {
    *("na", "n.a.", "null", "none", "nil", "?", "-", "--", "---", ".", "..", "*", "x", "unknown", "missing", "inf"),
    *("-inf", "not available", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "\\n", "\u2013", "\u2014"),
    *("0000-00-00", "0000-00-00 00:00:00"),
}
STRANGERS = 3  # texts without a digit, that stand among numbers more than once each
CODES = 10  # values of two capital letters from which NA is one of them: Namibia
DIFFERENT = 20  # numbers, among which a word is none of several values
NINES = re.compile(r"-?99+|-?1e\+\d+|-?214748364[78]|-?3276[78]|65535")  # what may stand for a missing number
BLANKS = " \u00a0\u202f"
UNITS = re.compile(
    rf"([+-]?)\s*([$\u20ac\u00a3\u00a5\u20b9]|[A-Z]{{3}}(?=\s))?\s*([+-]?[\d.,'{BLANKS}]*\d[.,]?(?:[eE][+-]?\d+)?)\s*([^\d\s.,'+-]{{1,3}})?"
)  # a sign, a currency, digits, another unit
NUMBERS = ((".", ""), (".", ","), (",", ""), (",", "."), (".", "'"), (",", "'"), (".", " "), (",", " "))


PLAIN_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?", re.ASCII)
PLAIN = {"decimal": ".", "thousands": "", "unit": ""}
KEYS = ("missing", "decimal", "thousands", "unit", "trim")  # of a feature, in which its cells may be particular


@dataclass(frozen=True)
class Spelled:
    """A profile whose cells are plain, and what a config says of those that were not: of all data, and by column."""

    profile: Profile
    data: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, Any]]
    cells: int  # that hold a marker
    warnings: tuple[str, ...]


def read_spelling(profile: Profile, label: str) -> Spelled:
    """Returns the profile with its markers of missing values blank and its numbers plain, and how a config says so."""
    markers = {name: find_markers(column, name == label) for name, column in profile.columns.items()}
    blanked = {name: blank(column, tuple(markers[name])) for name, column in profile.columns.items()}
    single = {name: one for name, column in blanked.items() if (one := make_one(column)) is not column}
    numbers = {name: fitting for name, column in blanked.items() if (fitting := find_numbers(column))}
    plain = blanked | single | {name: make_plain(blanked[name], fitting[0]) for name, fitting in numbers.items()}
    classes = set(blanked[label].texts.to_pylist())
    kept = [text for text in USUAL if text not in classes and any(text in found for found in markers.values())]
    kept += [text for text in markers[label] if text not in kept]  # the label has no list of its own
    data: dict[str, Any] = {"missing": kept} if kept else {}
    data |= _share_numbers(blanked, {name: fitting[0] for name, fitting in numbers.items()})
    columns: dict[str, dict[str, Any]] = {}
    for name, column in profile.columns.items():
        there = set(column.texts.to_pylist()) if is_text(column.values.type) else set(markers[name])
        own = {"missing": list(markers[name])} if there & set(kept) != set(markers[name]) else {}
        columns[name] = own | (_differ(numbers[name][0], data) if name in numbers else {})
    cells = sum(sum(found.values()) for found in markers.values())
    doubts = [doubt for name, found in markers.items() for doubt in doubt_markers(name, found)]
    doubts += [_doubt(blanked[name], fitting) for name, fitting in numbers.items() if len(fitting) > 1]
    return Spelled(replace(profile, columns=plain), data, columns, cells, tuple(doubts))


def find_markers(column: Column, is_label: bool = False) -> dict[str, int]:
    """Returns the texts of a column that stand for a missing value, and in how many cells each does."""
    if not is_text(column.values.type):
        return _find_infinite(column)
    counted: dict[str, int] = {}
    for text, rows in zip(pc.utf8_trim_whitespace(column.texts).to_pylist(), column.counts.tolist(), strict=True):
        counted[text] = counted.get(text, 0) + rows
    usual = {text: rows for text, rows in counted.items() if text in USUAL}
    likely = {text: rows for text, rows in counted.items() if text in usual or text.lower() in AMONG_NUMBERS}
    if likely and _is_measured(blank(column, tuple(likely))):
        return likely
    strange = {} if is_label else _find_strangers(counted, likely)
    rest = blank(column, (*likely, *strange)) if strange else column
    if strange and len(rest.values) >= DIFFERENT and _is_measured(rest):
        return likely | strange
    others = [text for text in counted if text not in usual]
    if "NA" in usual and sum(bool(re.fullmatch("[A-Z]{2}", text)) for text in others) >= max(CODES, 0.8 * len(others)):
        del usual["NA"]
    return usual if others or not is_label else {}


def _find_infinite(column: Column) -> dict[str, int]:
    """Returns what of the floats of Parquet is no number: nan, inf and -inf, and in how many cells each is."""
    if not pa.types.is_floating(column.values.type):
        return {}
    odd = ~np.isfinite(column.values.to_numpy(zero_copy_only=False))
    texts = column.texts.filter(pa.array(odd)).to_pylist()
    return dict(zip(texts, column.counts[odd].tolist(), strict=True))


def _find_strangers(counted: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """Returns texts without a digit, few and each there more than once, in half of the rows at most."""
    found = {text: rows for text, rows in counted.items() if text not in known and not re.search(r"\d", text)}
    few = len(found) <= STRANGERS and all(text and rows > 1 for text, rows in found.items())
    return found if few and 2 * sum(found.values()) <= sum(counted.values()) else {}


def _is_measured(column: Column) -> bool:
    """Whether all cells are numbers or moments."""
    if not len(column.values):
        return False
    return column.is_number or bool(find_numbers(column)) or spot_moment(column) is not None


def doubt_markers(column: str, markers: Mapping[str, int]) -> list[str]:
    """Returns what is to be said of markers that are known by what stands around them alone."""
    return [
        f"`{show(text)}` in `{column}`, {count(rows, 'cell')} among numbers or dates, is read as a missing value"
        for text, rows in markers.items()
        if text not in USUAL and text.lower() not in AMONG_NUMBERS
    ]


def find_numbers(column: Column) -> list[Spelling]:
    """Returns how the numbers of a column are spelled, where not as programs do it: each way that fits them all."""
    if not is_text(column.values.type) or not len(column.values) or column.is_number:
        return []
    texts = [text.strip() for text in to_signs(column.texts).to_pylist()]
    found = [UNITS.fullmatch(text) for text in texts]
    units = {(match[2] or match[4] or "") if match else None for match in found}
    if len(units) != 1 or None in units or any(re.match(r"[+-]?0\d", match[3]) for match in found if match):
        return []
    fitting: dict[tuple[str, ...], Spelling] = {}
    for point, group in NUMBERS:
        way = Spelling(decimal=point, thousands=group, unit=str(*units))
        if not way.is_plain and (
            not group or any(set(BLANKS if group == " " else group) & set(text) for text in texts)
        ):
            with suppress(pa.ArrowInvalid):
                plain = to_plain_numbers(column.values, way)
                to_doubles(plain)
                fitting.setdefault(tuple(plain.to_pylist()), way)
    return list(fitting.values())


def find_variants(column: Column) -> dict[str, bool]:
    """Returns what of `trim` and `lower` makes values one that differ by blanks or case alone."""
    if not is_text(column.values.type):
        return {}
    ways = [Spelling(trim=trim, lower=lower) for lower, trim in product((False, True), repeat=2)]
    counts = [len(unify(column.texts, way).unique()) for way in ways]
    best = ways[int(np.argmin(counts))]
    return {key: True for key in ("trim", "lower") if getattr(best, key)} if min(counts) < counts[0] else {}


def find_lookalikes(texts: Iterable[str]) -> str:
    """Returns what is to be said of texts that look alike, or are one number: not by case or outer blanks alone."""
    groups: dict[str, dict[str, str]] = {}
    for text in texts:
        bare = text.strip().lower()
        plain = "".join(sign for sign in unicodedata.normalize("NFKC", bare) if unicodedata.category(sign) != "Cf")
        key = f"{Decimal(plain).normalize()}" if PLAIN_NUMBER.fullmatch(plain) else " ".join(plain.casefold().split())
        groups.setdefault(key, {}).setdefault(bare, text)
    alike = next((group for group in groups.values() if len(group) > 1), None)
    if alike is None:
        return ""
    first, second, *_ = alike.values()
    signs = (" ".join(f"U+{ord(sign):04X}" for sign in text if not sign.isascii()) for text in (first, second))
    codes = " and ".join(sign or "none" for sign in signs) if not (first + second).isascii() else ""
    told = f" (beyond ASCII: {codes})" if codes else ""
    return f"`{show(first)}` and `{show(second)}` look alike and are two{told}: write them in one way"


def has_blanks(column: Column) -> bool:
    """Whether blanks stand around a value, which tell it from no other."""
    if not is_text(column.values.type):
        return False
    return bool(pc.any(pc.not_equal(column.texts, pc.utf8_trim_whitespace(column.texts))).as_py())


def doubt_code(column: Column) -> str:
    """Returns what is to be said where the least or the largest number may stand for a missing value, as -999 does."""
    for place in (int(column.numbers.argmin()), int(column.numbers.argmax())):
        number, others = column.numbers[place], np.delete(column.numbers, place)
        if NINES.fullmatch(f"{number:.12g}") and column.counts[place] > 1 and len(others) > 1:
            low, high = others.min(), others.max()
            if not low - (high - low) <= number <= high + (high - low):
                what = f"{number:.12g} stands in {column.counts[place]:,} rows, far from all other numbers"
                return f"{what}: if it stands for a missing value, say missing: [{number:.12g}]"
    return ""


def describe_variants(column: Column) -> str:
    """Returns some texts that differ by no more than that."""
    spellings: dict[str, list[str]] = {}
    for text in column.texts.to_pylist():
        spellings.setdefault(text.strip().lower(), []).append(f"`{show(text)}`")
    return ", ".join(next(texts for texts in spellings.values() if len(texts) > 1)[:4])


def blank(column: Column, markers: tuple[str, ...]) -> Column:
    """Returns the column with these cells blank, and those that hold blanks alone."""
    if not is_text(column.cells.type) and not (markers and pa.types.is_floating(column.cells.type)):
        return column
    cells = [blank_missing(chunk, markers) for chunk in column.cells.chunks]
    missing = sum(chunk.null_count for chunk in cells)
    return column if missing == column.missing else describe(column.name, pa.chunked_array(cells, column.cells.type))


def make_plain(column: Column, spelling: Spelling) -> Column:
    """Returns the column with its numbers as programs write them."""
    return describe(column.name, pa.chunked_array([to_plain_numbers(chunk, spelling) for chunk in column.cells.chunks]))


def make_one(column: Column, trim: bool = False, lower: bool = False) -> Column:
    """Returns the column with one spelling for each value, itself where it has no more."""
    if not is_text(column.cells.type) or len(unify(column.texts, Spelling(trim=trim, lower=lower)).unique()) == len(
        column.values
    ):
        return column
    return spell_alike(column, Spelling(trim=trim, lower=lower))


def spell_alike(column: Column, spelling: Spelling) -> Column:
    """Returns the column with its texts spelled so."""
    return describe(
        column.name, pa.chunked_array([unify(chunk.cast(pa.string()), spelling) for chunk in column.cells.chunks])
    )


def take_labelled(profile: Profile, label: str) -> Profile:
    """Returns the rows that have a label."""
    held = profile.columns[label].cells.is_valid()
    columns = {name: describe(name, column.cells.filter(held)) for name, column in profile.columns.items()}
    read = len(columns[label].cells)
    return Profile(columns, round(profile.rows * read / max(1, profile.read)), read)


def _share_numbers(columns: Mapping[str, Column], numbers: Mapping[str, Spelling]) -> dict[str, str]:
    """Returns what all numbers have as decimal and thousands, where none is as programs write a fraction."""
    plain = (column for name, column in columns.items() if name not in numbers and is_text(column.values.type))
    if any(column.is_number and not column.is_whole for column in plain):
        return {}
    if not numbers:
        return {}
    shared = {key: {getattr(spelling, key) for spelling in numbers.values()} for key in ("decimal", "thousands")}
    return {key: value for key, (value, *others) in shared.items() if not others and value != PLAIN[key]}


def _differ(spelling: Spelling, data: Mapping[str, Any]) -> dict[str, str]:
    usual = {**PLAIN, **{key: data[key] for key in PLAIN if key in data}}
    return {key: getattr(spelling, key) for key, value in usual.items() if getattr(spelling, key) != value}


def _doubt(column: Column, ways: list[Spelling]) -> str:
    text = show(column.texts[0].as_py())
    read = [to_plain_numbers(column.values.slice(0, 1), way)[0].as_py() for way in ways[:2]]
    return f"`{text}` in `{column.name}` is read as {read[0]}; were it {read[1]}, correct decimal and thousands."
