"""How a column writes its moments, where it holds any: each format that fits, and which of them to take."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone

import numpy as np
import pyarrow as pa

from components.validation.cast import EPOCHS, EXCEL, read_moment
from components.validation.profile import TRIED, Column
from configs.quantities import count
from pipelines.onboarding.feature_guess import Guess

DATES = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
    "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%Y-%m-%d", "%Y.%m.%d", "%d %m %Y", "%Y %m %d", "%Y. %m. %d.", "%d. %B %Y", "%b %d %Y", "%Y年%m月%d日",
)  # fmt: skip
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
TIMES = ("", *(f" {clock}" for clock in CLOCKS), *(f", {clock}" for clock in CLOCKS))
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%G-W%V", "%G-W%V-%u", "%Y年%m月")
QUARTERS = ("%YQ%q", "%Y-Q%q", "%Y Q%q", "%Y/Q%q", "Q%q %Y", "Q%q-%Y", "Q%q/%Y")
ZONED = (
    "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S GMT", "%Y-%m-%d %H:%M:%S.%f UTC", "%Y-%m-%d %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S UTC %Y", "%d/%b/%Y:%H:%M:%S %z",
    "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d %H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M", "%Y-%m-%d-%H.%M.%S",
)  # fmt: skip
NAMED = ("%a %b %d %H:%M:%S %Y", "%A, %d %B %Y", "%A, %B %d, %Y", "%a, %d %b %Y", "%a %d %b %Y")  # days of the week
OF_YEAR = ("%Y-%j",)
FORMATS = (*(date + time for date in DATES for time in TIMES), *MONTHS, *QUARTERS, *ZONED, *NAMED, *OF_YEAR)
PACKED = {  # digits alone, by how many there are, without which one reads the other
    6: ("%Y%m", "%y%m%d", "%d%m%y", "%m%d%y"), 7: ("%Y%j",), 8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"), 10: ("%Y%m%d%H",),
    12: ("%Y%m%d%H%M",), 14: ("%Y%m%d%H%M%S",),
}  # fmt: skip
MANY = 20  # different numbers, of which hardly ever all would be dates by chance
OF_DAY = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
FAR = {"0001-01-01", "1753-01-01", "1900-01-01", "1970-01-01", "2999-12-31", "9999-12-31"}  # for never, or not known
CLOCK = re.compile(
    r"(?i:(^|[\W_])(ts|time|timestamp|date|day|month|period|datetime|epoch|unix|when|at|created|updated)($|[\W_]))"
    r"|[a-z](Time|At|Date|Day|Month)$"
)
DATED = re.compile(r"(?i:(^|[\W_])date(time)?($|[\W_]))|[a-z]Date$")
SHEET = (20_000, 60_000)  # days of Excel: 1954 to 2064
CALENDAR = (946_684_800, 2_208_988_800)  # seconds since 1970: the years 2000 to 2039
YEAR, DAY = 366 * 86_400, 86_400
FUTURE = 2150  # a year that all dates of a column hardly lie after
CENTURY = "years of two digits are 1969 to 2068"


def spot_moment(column: Column) -> Guess | None:
    """Returns a feature of moments, where all values are written as one format has it; None for any other column.

    Where two formats fit and differ, a warning names both.
    """
    first = column.texts.slice(0, 100).to_pylist()
    if _is_packed(column, first):
        return _spot_formats(column, first, PACKED[len(first[0].strip())]) or _spot_epoch(column)
    if column.is_number:
        return _spot_epoch(column)
    if column.fits("timestamp"):
        return _describe(column, None, _doubt_far(column, None))
    if all(re.fullmatch(r"\s*\d?\d:\d\d(:\d\d)?(\s[AaPp][Mm])?\s*", text) for text in first):
        return _spot_of_day(column)
    return _spot_formats(column, first, FORMATS)


def _is_packed(column: Column, texts: Sequence[str]) -> bool:
    """Whether cells are digits alone, as many in each as a moment has; and more of them than chance would make one."""
    lengths = {len(text.strip()) for text in texts}
    are_digits = lengths <= PACKED.keys() and len(lengths) == 1 and all(text.strip().isdigit() for text in texts)
    return are_digits and (len(column.values) >= MANY or bool(CLOCK.search(column.name)) or min(lengths) >= 8)


def _spot_formats(column: Column, first: Sequence[str], formats: Sequence[str]) -> Guess | None:
    """Returns a feature of moments in one of the formats, which also the `first` of its texts agree with."""
    fitting = [format for format in _try(first, formats) if column.fits("timestamp", format)]
    if not fitting:
        return None
    readings = {format: column.convert("timestamp", format) for format in fitting}
    best = min(fitting, key=lambda format: _is_unordered(column, format)) if len(fitting) > 1 else fitting[0]
    others = [format for format in fitting if (readings[format] != readings[best]).any()]
    found = read_as(column, best)
    if not others:
        return found
    text, told = _read_apart(first, [best, *others])
    warning = "; ".join(filter(None, (_name_others(text, told), found.warning)))
    return replace(found, warning=warning, readings={key: f"`{text}` is {read}" for key, read in told.items()})


def read_as(column: Column, format: str) -> Guess:
    """Returns a feature of moments written so."""
    posix = f"{CENTURY}, by the rule of POSIX: write all four digits where others are meant"
    return _describe(column, format, posix if "%y" in format else _doubt_far(column, format))


def _try(texts: Sequence[str], formats: Sequence[str]) -> Iterator[str]:
    """Yields those of the formats that all these texts agree with."""
    if all(re.search(r"\d", text) and 6 <= len(text) <= 35 for text in texts):
        for format in formats:
            with suppress(ValueError):
                for text in texts:
                    read_moment(text.strip(), format)
                yield format


def _is_unordered(column: Column, format: str) -> bool:
    """Whether the moments, read so, neither rise nor fall row by row."""
    codes = column.codes()
    texts = column.texts.take(pa.array(codes[codes >= 0][:TRIED])).to_pylist()
    steps = np.diff([read_moment(text.strip(), format).timestamp() for text in texts])
    return not ((steps >= 0).all() or (steps <= 0).all())


def _read_apart(texts: Sequence[str], formats: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Returns a text that the formats read differently, and the date that each makes of it."""
    read = [{format: f"{read_moment(text.strip(), format):%Y-%m-%d}" for format in formats} for text in texts]
    return next(pair for pair in zip(texts, read, strict=True) if len({*pair[1].values()}) > 1 or pair[1] is read[-1])


def _name_others(text: str, told: Mapping[str, str]) -> str:
    """Returns how a text is read, and how else it could be."""
    (best, first), *others = told.items()
    could = " or ".join(f"{read} ({format})" for format, read in others)
    return f"`{text}` is read as {first} ({best}) and could be {could}: correct format where that is meant"


def _spot_of_day(column: Column) -> Guess | None:
    """Times without a date; a length of time is written alike."""
    format = next((format for format in OF_DAY if column.fits("timestamp", format)), None)
    if format is None:
        return None
    warning = "it is read as a time of day; if it is how long something took, write a number, of seconds or hours"
    return Guess("times of day", "timestamp", {"format": format, "parts": ["hour"]}, warning)


def _doubt_far(column: Column, format: str | None) -> str:
    """Returns what is to be said of the first or the last date, where it may stand for a missing one, as 9999-12-31."""
    seconds = column.convert("timestamp", format)
    if (first := datetime.fromtimestamp(int(seconds.min()), timezone.utc).year) > FUTURE:
        return f"its years begin with {first}: of another calendar than the Gregorian, write them anew"
    days = np.unique(seconds // DAY)
    for day, others in ((days[0], days[1:]), (days[-1], days[:-1])):
        date = f"{np.datetime64(int(day), 'D')}"
        if date in FAR and len(others) > 1 and min(abs(others - day)) > others[-1] - others[0]:
            rows = count(int(column.counts[seconds // DAY == day].sum()), "row")
            text = column.texts[int(np.flatnonzero(seconds // DAY == day)[0])].as_py()
            return f"{date} stands in {rows}, far from all other dates: for a missing one say missing: [{text}]"
    return ""


def _spot_epoch(column: Column) -> Guess | None:
    """Numbers are moments where the column's name says so and each, as seconds or parts of them, is of 2000 to 2039."""
    if not column.is_number or not CLOCK.search(column.name):
        return None
    for unit, size in EPOCHS.items():
        if CALENDAR[0] * size <= column.numbers.min() and column.numbers.max() < CALENDAR[1] * size:
            return _describe(column, unit, f"its numbers are read as {unit} since 1970")
    if DATED.search(column.name) and SHEET[0] <= column.numbers.min() and column.numbers.max() < SHEET[1]:
        return _describe(column, EXCEL, "its numbers are read as the days of Excel; of others, write kind: numeric")
    return None


def _describe(column: Column, format: str | None, warning: str = "") -> Guess:
    seconds = column.convert("timestamp", format)
    low, high = int(seconds.min()), int(seconds.max())
    parts = {"hour": (seconds % DAY).any(), "day_of_week": _tells_days(format), "month": high - low > YEAR / 4}
    kept = [part for part, held in {**parts, "year": high - low > 2 * YEAR}.items() if held]
    options = {"format": format} if format else {}
    first, last = (datetime.fromtimestamp(moment, timezone.utc).date() for moment in (low, high))
    return Guess(f"{first} to {last}", "timestamp", {**options, "parts": kept or ["month"]}, warning)


def _tells_days(format: str | None) -> bool:
    return format not in (*MONTHS, *QUARTERS) or "%u" in str(format)
