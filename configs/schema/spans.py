"""How a path names portions of data: by a number, {SPAN}, or by a time, {YYYY}-{MM}-{DD} and {HH}; and their versions.

A span has a number. That of a day counts the days since 1970-01-01, as TFX has it; that of an hour the hours, which TFX
does not know. Times are taken as they are written, without a time zone.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

EPOCH = datetime(1970, 1, 1)
PLACE = re.compile(r"\{(?:(?P<key>SPAN|VERSION)(?::(?P<width>[1-9]\d*))?|(?P<part>YYYY|MM|DD|HH))\}")
NAME = r"^\d{4}-\d\d-\d\d(T\d\d)?$"  # of a span that has a time
PARTS = ("YYYY", "MM", "DD", "HH")
FORMS = ({"SPAN"}, set(PARTS[:3]), set(PARTS))  # what has to be there, of keys that are no VERSION


@dataclass(frozen=True)
class Unit:
    """What a span is: a day or an hour with a length, or what has no time."""

    length: timedelta | None
    form: str = ""

    def tell(self, number: int) -> str:
        """Returns what a person calls the span of this number: 7, 2026-11-20, 2026-11-20T05."""
        with suppress(OverflowError):
            return (EPOCH + number * self.length).strftime(self.form) if self.length else str(number)
        return str(number)

    def read(self, name: object) -> int | None:
        """Returns the number of a span that is called so; None where none is."""
        if isinstance(name, int):
            return name
        with suppress(ValueError, TypeError):
            return (datetime.strptime(str(name), self.form) - EPOCH) // self.length if self.length else int(str(name))
        return None

    def tell_ranges(self, numbers: list[int]) -> str:
        """Returns what a person calls spans in order: 3, 5..8."""
        runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
        return ", ".join("..".join(map(self.tell, sorted({run[0], run[-1]}))) for run in runs)


NUMBER, DAY, HOUR = Unit(None), Unit(timedelta(days=1), "%Y-%m-%d"), Unit(timedelta(hours=1), "%Y-%m-%dT%H")


def has_spans(path: str) -> bool:
    """Whether a path has places for a span."""
    return PLACE.search(path) is not None


def find_unit(path: str) -> Unit:
    """Returns what the spans of a path are."""
    keys = set(_list_keys(path))
    return HOUR if "HH" in keys else DAY if "DD" in keys else NUMBER


def check_places(path: str) -> str:
    """Returns a path; raises ValueError for one whose places name no span, or more than one."""
    unknown = re.search(r"\{[A-Z]+[^{}]*\}", PLACE.sub("", path))
    keys = _list_keys(path)
    if unknown:
        raise ValueError(f"knows {{SPAN}}, {{YYYY}}, {{MM}}, {{DD}}, {{HH}} and {{VERSION}}, and no {unknown[0]}")
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"has {{{twice}}} twice")
    if keys and set(keys) - {"VERSION"} not in FORMS:
        given = ", ".join(f"{{{key}}}" for key in keys)
        raise ValueError(
            f"names a span by {{SPAN}}, or by {{YYYY}}, {{MM}} and {{DD}}, and maybe {{HH}}; not by {given}"
        )
    return path


def _list_keys(path: str) -> list[str]:
    return [found["key"] or found["part"] for found in PLACE.finditer(path)]


def glob_all(path: str) -> str:
    """Returns the glob of all spans and versions that a path stands for."""
    return PLACE.sub(lambda found: "[0-9]" * len(found["part"]) if found["part"] else "*", path)


def keep_folder(path: str) -> str:
    """Returns the part of a path that names a span's folder: up to the end of the name that has its last place."""
    end = [found.end() for found in PLACE.finditer(path)][-1]
    return path[: end + len(re.split("/", path[end:])[0])]


def fill(path: str, digits: Mapping[str, str]) -> str:
    """Returns a path with what stands in each place."""
    return PLACE.sub(lambda found: digits[found["key"] or found["part"]], path)


@dataclass(frozen=True)
class Reader:
    """Reads from a path's name which span it is of."""

    unit: Unit
    expression: re.Pattern[str]

    @classmethod
    def of(cls, pattern: str) -> "Reader":
        """Returns what reads the names that a glob with places matches, by whole runs of digits."""
        marks = dict(_mark(pattern))  # fnmatch hands on what it does not know
        plain, taken = PLACE.sub(lambda found: chr(0xE000 + found.start()), pattern), ""
        for part in fnmatch.translate(plain):
            taken += marks.get(part, part)
        return cls(find_unit(pattern), re.compile(taken))

    def read(self, name: str) -> tuple[int, int, dict[str, str]] | None:
        """Returns the number of a span, that of its version, and what stands in each place; None for no span's name."""
        found = self.expression.match(name)
        if not found:
            return None
        digits = {key: text for key, text in found.groupdict().items() if key in (*PARTS, "SPAN", "VERSION")}
        if self.unit is NUMBER:
            number: int | None = int(digits["SPAN"])
        else:
            text = "-".join(digits[part] for part in PARTS[:3])
            number = self.unit.read(f"{text}T{digits['HH']}" if "HH" in digits else text)
        return None if number is None else (number, int(digits.get("VERSION", 0)), digits)


def _mark(pattern: str) -> Iterator[tuple[str, str]]:
    """Yields what matches each place, by the letter that stands for it."""
    places = list(PLACE.finditer(pattern))
    for found in places:
        key = found["key"] or found["part"]
        width = f"{{{found['width'] or len(key)}}}" if found["width"] or found["part"] else "+"
        joined = {other.end() for other in places}, {other.start() for other in places}
        begins = found.start() in joined[0] or pattern[: found.start()][-1:].isdigit()
        ends = found.end() in joined[1] or pattern[found.end() :][:1].isdigit()
        open, close = "" if begins else "(?<![0-9])", "" if ends else "(?![0-9])"
        yield chr(0xE000 + found.start()), f"{open}(?P<{key}>[0-9]{width}){close}"
