"""What kind of feature a column makes, and why; or why it makes none."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.validation.column_types import Role
from components.validation.profile import TRIED, Column
from configs.loading.yaml_writer import share, show, show_span
from configs.quantities import count
from configs.schema.words import NO_WORD, SIGN
from pipelines.onboarding.association import depends
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.moment_inference import spot_moment
from pipelines.onboarding.offset_inference import TOLD, find_offset
from pipelines.onboarding.spelling_inference import (
    KEYS,
    describe_variants,
    doubt_code,
    find_lookalikes,
    find_variants,
    has_blanks,
)

ALIKE = 16  # columns of one name and other digits that become one pattern
FEW = 31  # distinct whole numbers up to which they are categories: the days of a month
MANY = 1000  # values of a vocabulary
OFTEN = 5  # rows in which a value of a larger vocabulary occurs
COUNTED = "an identifier"
WRITTEN = {"decimal", "thousands", "unit"}  # in a way in which nobody writes an identifier
SPREAD = "differs in nearly every row, yet the label depends on it"
UNIQUE = 0.95  # distinct values in rows, from which a column tells rows apart
STRANGE = 0.05  # share of rows, up to which a cell is a stray one
SPELLINGS = 12  # of two values, at most: true, TRUE, True
WORDS = 4  # in a free text, on average
SCARCE = 0.01  # share of rows with a value, below which a column is left out
MOMENT = r"^\s*\d{4}-\d{2}-\d{2}"
DATED = (  # no more than a date, and a time
    r"^\s*(\pL{2,9}\.?,? )?((19|20)\d\d[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](19|20)?\d\d"
    r"|\d\d?(st|nd|rd|th|[.-])? ?(de |of )?\pL{3,12}\.?[,-]? ?(de )?(19|20)\d\d"
    r"|\pL{3,12}\.? \d\d?(st|nd|rd|th)?,? (19|20)\d\d)([T ,]+\d\d?[:.]\d\d.{0,40})?\s*$"
)
LENGTH = (  # of time
    r"^\s*[+-]?(\d+:\d\d(:\d\d)?([.,]\d+)?|P\d[\dYMWDTHS.]*|PT\d[\dHMS.]*|\d+ days?,? \d+:\d\d:\d\d(\.\d+)?"
    r"|(\d+ ?(d|h|m|s|days?|hrs?|hours?|mins?|minutes?|secs?|seconds?),? ?){1,4})\s*$"
)
DIGITS = r"(\d+([.,]\d+)?|\d{1,3}([ ,.']\d{3})+([.,]\d+)?)([eEdD][+-]?\d+)?"
SIGNED = (  # a number with signs, a currency or a unit around it
    rf"^\s*[^\w\s,.#]{{0,2}}\s*(\p{{Sc}}|[A-Z]{{3}} )?\s*[+-]?{DIGITS}"
    r"\s*([^\w\s]{1,2}|[kKMBGTgmlsh]|\pL{2,3}\.?)?[^\w\s]?\s*$"
)
SIGNS = 6  # kinds of them, of which more are names
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
IDENTIFIER = re.compile(r"(^|[\W_])(?i:id|uuid|guid)$|[a-z](Id|ID)$|__index_level_\d+__")
NUMBERED = re.compile(r"([^\d*?\[\]]+)\d+([_.x-]?\d+)*")


def guess(column: Column, spelled: Mapping[str, Any] = MappingProxyType({}), label: Column | None = None) -> Guess:
    """Returns what the column makes; `spelled` are the options that say how its cells are spelled.

    What looks like an identifier is none if the `label` depends on it.
    """
    found = next(answer for rule in RULES if (answer := rule(column)))
    if not found.kind:
        offer = _offer(column, spelled)
        is_count = found.reason.startswith(COUNTED) and offer is not None
        if is_count and offer and WRITTEN & spelled.keys():
            return replace(offer, reason=f"{offer.reason}, each row its own")
        if not is_count or label is None or not offer or not depends(column, label):
            return replace(found, offer=offer)
        found = replace(offer, warning=_doubt_order(column))
        return replace(found, reason=f"{found.reason}, {SPREAD}")
    return _spell(column, found, spelled)


def _spell(column: Column, found: Guess, spelled: Mapping[str, Any]) -> Guess:
    own = {key: value for key, value in spelled.items() if key == "missing" or found.kind == "numeric"}
    told = f"{found.reason}, {share(column.missing, column.rows)} missing" if column.missing else found.reason
    warning = ""
    if found.kind == "categorical" and (variants := find_variants(column)):
        mend = ", ".join(f"{key}: true" for key in variants)
        warning = f"{describe_variants(column)} differ by case or blanks alone; {mend} would make them one"
        told += f"; {mend} would make one of {describe_variants(column)}"
    if found.kind == "categorical" and not warning:
        warning = find_lookalikes(column.texts.to_pylist())
        own |= {"trim": True} if has_blanks(column) else {}
    if found.kind == "numeric":
        warning = doubt_code(column)
    if found.kind == "numeric" and (offset := find_offset(column)):
        own["offset"] = offset
        told = f"{told}; {TOLD}"
    return replace(found, reason=told, options={**found.options, **own}, warning=found.warning or warning)


def _offer(column: Column, spelled: Mapping[str, Any]) -> Guess | None:
    """Returns what a column makes that is left out, were it taken in; None for one that no feature can hold."""
    if not column.name or not column.is_single or not len(column.values) or _holds_lists(column):
        return None
    rules = (_spot_boolean, spot_moment, _spot_number, _take_text)
    return _spell(column, next(found for rule in rules if (found := rule(column))), spelled)


def _take_text(column: Column) -> Guess:
    distinct = len(column.values)
    return Guess(count(distinct, "value"), "categorical", {"vocabulary": min(MANY, distinct), "oov": 10})


def _doubt_order(column: Column) -> str:
    steps = np.diff(_in_order(column))
    if not ((steps >= 0).all() or (steps <= 0).all()):
        return ""
    return "it rises or falls row by row, and the label with it: leave it out if it but counts the rows"


def doubt_numbers(column: Column) -> str:
    """Returns what a column seems to be that is no number, and no moment, as it is written."""
    if spot_moment(column):
        return f"moments, such as `{show(column.texts[0].as_py())}`"
    rules = (_spot_empty, _spot_marked, _spot_marked_moment, _spot_dated, _spot_beyond, _spot_digits, _spot_length)
    found = next((answer for rule in (*rules, _spot_signed) if (answer := rule(column))), None)
    return found.reason.split(": ")[0] if found else ""


def gather(guesses: Mapping[str, Guess], columns: Mapping[str, Column]) -> dict[str, Guess]:
    """Returns the guesses, with one pattern in place of many columns alike."""
    gathered = dict(guesses)
    prefixes = dict.fromkeys(found[1] for name in guesses if (found := NUMBERED.fullmatch(name)))
    for prefix in prefixes:
        for pattern in (f"{prefix}*", f"{prefix}[0-9]*"):
            members = [name for name in gathered if fnmatchcase(name, pattern)]
            alike = len(members) >= ALIKE and all(NUMBERED.fullmatch(name) for name in members)
            if alike and (joint := _join([(guesses[name], columns[name]) for name in members])):
                gathered = _replace(gathered, members, pattern, joint)
                break
    return gathered


def _spot_empty(column: Column) -> Guess | None:
    if not column.name:
        return Guess("has no name, as a table's row numbers often do")
    if column.is_bytes:
        return Guess("bytes that are no text")
    if not column.is_single:
        return Guess(f"of type {column.cells.type}, which is no single value")
    if not len(column.values):
        return Guess("empty in every row")
    if _holds_lists(column):
        return Guess("lists or objects, which are no single value")
    if len(column.values) == 1 and not column.missing:
        return Guess(f"`{show(column.texts[0].as_py())}` in every row")
    held = column.rows - column.missing
    if held < max(2 * OFTEN, SCARCE * column.rows):
        return Guess(f"filled in {held:,} of {count(column.rows, 'row')} only")
    return None


def _holds_lists(column: Column) -> bool:
    return all(re.fullmatch(r"\[.*\]|\{.*\}", text, re.DOTALL) for text in column.texts.slice(0, 100).to_pylist())


def _spot_boolean(column: Column) -> Guess | None:
    if len(column.values) < 2 or len(column.values) > SPELLINGS:
        return None
    texts = {text.strip().lower(): text for text in column.texts.to_pylist()[::-1]}  # of several, the most frequent
    are_words = len(texts) > 2 and max(map(len, texts)) > 1  # and no letters that stand for categories
    if (len(texts) == 2 or are_words) and column.fits("boolean"):
        return Guess(" or ".join(sorted(map(show, texts.values()))), "boolean")
    return None


def _spot_named(column: Column) -> Guess | None:
    held = column.rows - column.missing
    if IDENTIFIER.search(column.name) and len(column.values) > max(50, held / 20):
        return Guess(f"an identifier by its name, of {len(column.values):,} values")
    return None


def _spot_whole(column: Column) -> Guess | None:
    if not column.is_whole or not column.is_number:
        return None
    distinct, held = len(column.values), column.rows - column.missing
    if distinct <= min(FEW, held / 10):
        return Guess(f"{count(distinct, 'value')}, {_span(column)}", "categorical", {"vocabulary": distinct})
    if distinct <= min(MANY, held / 10) and _are_codes(column):
        told = f"{count(distinct, 'code')}, such as {show(column.texts[0].as_py())}"
        return Guess(told, "categorical", {"vocabulary": distinct})
    if distinct >= max(20, UNIQUE * held):
        if _numbers_rows(_in_order(column)):
            return Guess(f"the number of the row, as {held:,} rows in turn have it")
        if _is_count(column.numbers):
            return Guess(f"{COUNTED}: {distinct:,} numbers in {held:,} rows, and the label does not depend on it")
    return Guess(_span(column), "numeric")


def _are_codes(column: Column) -> bool:
    """Whether numbers are names, as postal codes are: all of one length, five digits or more, and hardly one round."""
    lengths = pc.utf8_length(column.texts).unique()
    return len(lengths) == 1 and lengths[0].as_py() >= 5 and float((column.numbers % 10 == 0).mean()) < 0.3


def _is_count(numbers: np.ndarray) -> bool:
    """Whether numbers that hardly repeat only tell rows apart: they rise or fall row by row, or are spread evenly.

    Evenly is by Kolmogorov and Smirnov, at 1 %. What is measured hardly ever is.
    """
    steps = np.diff(numbers)
    low, high = numbers.min(), numbers.max()
    gaps = (np.sort(numbers) - low) / (high - low) - np.linspace(0, 1, len(numbers))
    return bool((steps > 0).all() or (steps < 0).all() or np.abs(gaps).max() < 1.63 / np.sqrt(len(numbers)))


def _in_order(column: Column) -> np.ndarray:
    """Returns the numbers that a column holds, row by row."""
    codes = column.codes()
    return column.numbers[codes[codes >= 0]]


def _numbers_rows(numbers: np.ndarray) -> bool:
    """Whether each row has the next number after the last's; years may be as regular, and are none."""
    steps = np.diff(numbers)
    are_years = numbers.min() >= 1500 and numbers.max() <= 2200
    return bool((steps == 1).all() or (steps == -1).all()) and not are_years


def _spot_number(column: Column) -> Guess | None:
    return Guess(_span(column), "numeric") if column.is_number else None


def _spot_marked(column: Column) -> Guess | None:
    """Numbers among which something else stands for a missing one."""
    texts = column.texts
    strange = pc.invert(pc.match_substring_regex(texts, NUMBER)).to_numpy(zero_copy_only=False)
    rows, others = int(column.counts[strange].sum()), texts.filter(pa.array(strange)).to_pylist()
    held = column.rows - column.missing
    if not others or rows > held * STRANGE:
        return None
    told = f"numbers, but for `{show(others[0])}` in {count(rows, 'row')}"
    return Guess(f"{told}: name that in missing, or correct those cells, then add it as numeric")


def _spot_marked_moment(column: Column) -> Guess | None:
    """Moments among which something else stands, as a day that no month has."""
    written = pc.match_substring_regex(column.texts, MOMENT).to_numpy(zero_copy_only=False)
    held, role = column.rows - column.missing, Role("timestamp", column.name)
    if column.counts[written].sum() < held * (1 - STRANGE):
        return None
    odd = {place: text for place, text in enumerate(column.texts.to_pylist()) if role.fault(text)}
    rows = int(column.counts[list(odd)].sum())
    if not odd or rows > held * STRANGE:
        return None
    told = f"moments, but for `{show(next(iter(odd.values())))}` in {count(rows, 'row')}"
    return Guess(f"{told}: name that in missing, or correct those cells, then add it as timestamp")


def _spot_dated(column: Column) -> Guess | None:
    """Moments that no one format reads: of another language, in several formats, of a zone by name."""
    dated = pc.match_substring_regex(column.texts, DATED).to_numpy(zero_copy_only=False)
    if len(dated) < 2 or column.counts[dated].sum() < (column.rows - column.missing) * (1 - STRANGE):
        return None
    first, last = (show(column.texts[place].as_py()) for place in (0, len(dated) - 1))
    told = f"moments in no one format that is known, such as `{first}` and `{last}`"
    return Guess(f"{told}: write them alike, as 2024-05-31 18:30:00, then add it as timestamp")


def _spot_digits(column: Column) -> Guess | None:
    """Numbers in the digits of another script."""
    foreign = pc.match_substring_regex(column.texts, r"^\s*[+-]?[\p{Nd}.,\x{066B}\x{066C}]+\s*$")
    if not pc.all(foreign).as_py() or pc.any(pc.match_substring_regex(column.texts, r"^[\x00-\x7f]*$")).as_py():
        return None
    told = f"numbers in other digits than 0 to 9, such as `{show(column.texts[0].as_py())}`"
    return Guess(f"{told}: write them in these, then add it as numeric")


def _spot_tiny(column: Column) -> Guess | None:
    """Numbers of which a 32-bit float leaves nothing."""
    if not column.is_number or not column.numbers.any():
        return None
    held = column.numbers[column.numbers != 0]
    if 2 * np.count_nonzero(held.astype(np.float32)) > len(held):
        return None
    return Guess("numbers too small for a 32-bit float, which makes 0 of them: multiply them")


def _spot_length(column: Column) -> Guess | None:
    """How long something took."""
    if told := _tell_alike(column, LENGTH):
        return Guess(f"lengths of time, such as {told}: write how many seconds, then add it as numeric")
    return None


def _spot_signed(column: Column) -> Guess | None:
    """Numbers with other signs, or units, in one row than in another."""
    bare = pc.replace_substring_regex(column.texts, r"[\d\s.,'+-]", "").unique().to_pylist()
    are_plain = pc.all(pc.match_substring_regex(column.texts, NUMBER)).as_py()  # and names, or too large
    if not are_plain and len(bare) <= SIGNS and (told := _tell_alike(column, SIGNED)):
        return Guess(f"numbers with signs of their own, such as {told}: write them alike, then add it as numeric")
    return None


def _tell_alike(column: Column, pattern: str) -> str:
    """Returns two of the texts where nearly all are alike, and too many to be categories; nothing of others."""
    alike = pc.match_substring_regex(column.texts, pattern).to_numpy(zero_copy_only=False)
    if len(alike) <= FEW or column.counts[alike].sum() < (column.rows - column.missing) * (1 - STRANGE):
        return ""
    signs = pc.replace_substring_regex(column.texts, r"\d", "").to_pylist()
    other = next((place for place, text in enumerate(signs) if text != signs[0]), 1)  # spelled unlike the first
    return f"`{show(column.texts[0].as_py())}` and `{show(column.texts[other].as_py())}`"


def _spot_beyond(column: Column) -> Guess | None:
    """Numbers that are none of a model's."""
    texts = pc.match_substring_regex(column.texts, NUMBER)
    fractions = pc.match_substring_regex(column.texts, "[.eE]")
    if pc.all(texts).as_py() and pc.any(fractions).as_py() and not column.is_number:
        return Guess("numbers beyond the range of a 32-bit float, or spelled with leading zeros")
    return None


def _spot_text(column: Column) -> Guess:
    distinct, held = len(column.values), column.rows - column.missing
    lengths = np.asarray(pc.count_substring_regex(pc.replace_substring_regex(column.texts, SIGN, r" \1 "), r"[^\s]+"))
    words = float((lengths * column.counts).sum() / held)
    is_own = distinct >= max(20, UNIQUE * held)
    if words >= WORDS and (is_own or distinct > max(50, held / 5)) or is_own and _share_words(column):
        length = int(np.clip(np.quantile(lengths, 0.95), 8, 200))
        told = f"{count(round(words), 'word')} on average"
        return Guess(told, "text", {"vocabulary": _count_words(column), "length": length})
    if is_own:
        return Guess(f"a name of its own in nearly each row: {distinct:,} texts in {held:,} rows")
    if distinct <= 50:
        return Guess(count(distinct, "value"), "categorical", {"vocabulary": distinct})
    often = column.counts >= OFTEN
    kept = min(MANY, int(often.sum()))
    if column.counts[:kept].sum() < held / 10:
        return Guess(f"{distinct:,} texts in {held:,} rows, hardly any of them in {OFTEN}")
    known = f", the {kept:,} most frequent are kept" if kept < distinct else ""
    return Guess(f"{count(distinct, 'value')}{known}", "categorical", {"vocabulary": kept, "oov": 10 if known else 1})


def _share_words(column: Column) -> bool:
    """Whether texts that differ are made of two words or more that they have in common."""
    counts, texts = _find_words(column), min(TRIED, len(column.texts))
    return counts.sum() >= 1.5 * texts and counts[counts >= OFTEN].sum() > counts.sum() / 2


def _count_words(column: Column) -> int:
    """Returns how many words a vocabulary should have: those that occur more than a few times."""
    return int(np.clip((_find_words(column) >= OFTEN).sum(), 50, 5000))


def _find_words(column: Column) -> np.ndarray:
    """Returns how often each word occurs."""
    texts = pc.replace_substring_regex(pc.utf8_lower(column.texts.slice(0, TRIED)), SIGN, r" \1 ")
    words = pc.list_flatten(pc.split_pattern_regex(texts, NO_WORD))
    return words.filter(pc.not_equal(words, "")).value_counts().field("counts").to_numpy()


def _span(*columns: Column) -> str:
    low, high = min(column.numbers.min() for column in columns), max(column.numbers.max() for column in columns)
    return show_span(float(low), float(high))


def _join(members: Sequence[tuple[Guess, Column]]) -> Guess | None:
    """Returns the one guess for columns that are alike; None where they are not."""
    guesses, columns = zip(*members, strict=True)
    spelled = {tuple((key, str(found.options[key])) for key in KEYS if key in found.options) for found in guesses}
    if len(spelled) > 1 or any("offset" in found.options for found in guesses):
        return None
    told = {key: guesses[0].options[key] for key in KEYS if key in guesses[0].options}
    kinds, most = {found.kind for found in guesses}, max(len(column.values) for column in columns)
    reason = f"{len(members)} columns"
    if kinds == {"boolean"}:
        return Guess(reason, "boolean", told)
    if all(column.is_number and (found.kind or len(column.values) == 1) for found, column in members):
        small = kinds == {"categorical"} and most <= 10
        options = ({"vocabulary": most} if small else {}) | told
        return Guess(f"{reason}, {_span(*columns)}", "categorical" if small else "numeric", options)
    if kinds in ({"categorical"}, {"text"}):
        sizes = [key for key in guesses[0].options if key not in KEYS]
        options = {key: max(found.options.get(key, 1) for found in guesses) for key in sizes} | told
        return Guess(reason, kinds.pop(), options)
    return None


def _replace(guesses: Mapping[str, Guess], members: Sequence[str], pattern: str, joint: Guess) -> dict[str, Guess]:
    replaced: dict[str, Guess] = {}
    for name, found in guesses.items():
        key, value = (pattern, joint) if name in members else (name, found)
        replaced.setdefault(key, value)
    return replaced


RULES: tuple[Callable[[Column], Guess | None], ...] = (
    _spot_empty,
    _spot_boolean,
    spot_moment,
    _spot_named,
    _spot_whole,
    _spot_tiny,
    _spot_number,
    _spot_marked,
    _spot_marked_moment,
    _spot_dated,
    _spot_beyond,
    _spot_digits,
    _spot_length,
    _spot_signed,
    _spot_text,
)
