"""Spans: data that comes in numbered portions, such as a folder a day; {SPAN} in `data.path` stands for the number."""

import glob
import os
import re
import time
from collections.abc import Collection
from fnmatch import fnmatchcase

from components.readers.data_file import is_shown
from components.readers.files import FOLDER, digest_files, find_data, find_paths, list_files, list_parts
from configs.errors import DataRejected
from configs.schema.data import SPAN, Data

MOST = 10  # names in a message


def list_data(data: Data) -> list[str]:
    """Return the data files that the config stands for, in order; of the spans that it takes, if its path has any."""
    base, pattern = find_data(data.path)
    chosen = choose(base, pattern, data.span, data.spans, data.marker, data.settle_seconds)
    return [path for found in chosen.values() for path in list_files(base, found, data.format)]


def digest_data(data: Data) -> str:
    """Return the digest of the data that the config stands for, which the ExampleGen node knows its input by.

    Raises DataRejected where there is none.
    """
    return digest_files(find_data(data.path)[0], list_parts(list_data(data), data.format, data.dialect))


def choose(
    base: str,
    pattern: str,
    last: int | None = None,
    count: int | None = None,
    marker: str | None = None,
    settle: float | None = None,
    every: bool = False,
) -> dict[int | None, str]:
    """Return the patterns of the newest spans that match `pattern` below `base`, oldest first, each by its number.

    They are `count`, one without, or `every` one, and end with `last` if it is given. With a `marker` or `settle`, only
    those count whose folder holds a file of this name, or whose files were left alone for so many seconds. A pattern
    without {SPAN} is all there is, and has no number. Raises DataRejected.
    """
    if not SPAN.search(pattern):
        return {None: pattern}
    there = _find(base, pattern)
    whole = [number for number, digits in there.items() if _is_whole(base, pattern, digits, marker, settle)]
    taken = sorted(number for number in whole if last is None or number <= last)[0 if every else -(count or 1) :]
    if not taken or last not in (None, taken[-1]):
        raise _refuse(base, pattern, there, whole, last, _tell_wanting(marker, settle))
    return {number: _fill(base, pattern, there[number]) for number in taken}


def _find(base: str, pattern: str) -> dict[int, str]:
    """Return the digits of each span that has files, by the number they spell."""
    spans: dict[int, str] = {}
    width = SPAN.findall(pattern)[0]
    for path in filter(is_shown, glob.glob(os.path.join(glob.escape(base), SPAN.sub("*", pattern)))):
        name = os.path.relpath(path, base)
        for digits in re.findall(r"[0-9]+", name):
            if not fnmatchcase(name, SPAN.sub(digits, pattern)) or width not in ("", str(len(digits))):
                continue
            if spans.setdefault(int(digits), digits) != digits:
                what = f"Span {int(digits)} is there twice, as {spans[int(digits)]} and as {digits}."
                raise DataRejected(what, os.path.join(base, pattern), "Move one away, or write {SPAN:WIDTH}.")
    return spans


def _fill(base: str, pattern: str, digits: str) -> str:
    """Return the pattern of one span; that of a folder stands for what is in it."""
    filled = SPAN.sub(digits, pattern)
    return os.path.join(filled, FOLDER) if os.path.isdir(os.path.join(base, filled)) else filled


def _is_whole(base: str, pattern: str, digits: str, marker: str | None, settle: float | None) -> bool:
    if marker is None and settle is None:
        return True
    marked = marker is not None and _has(base, pattern, digits, marker)
    return marked or (settle is not None and time.time() - _find_change(base, pattern, digits) >= settle)


def _find_change(base: str, pattern: str, digits: str) -> float:
    """Return when a file of a span changed last: what was copied with its old times changed when it came."""
    times = [os.stat(path) for path in find_paths(base, _fill(base, pattern, digits))]
    return max((max(found.st_mtime, found.st_ctime) for found in times), default=time.time())


def _tell_wanting(marker: str | None, settle: float | None) -> str:
    """Return what a span lacks that is not complete; an empty text where all are."""
    wanting = [f"has a file {marker}"] if marker else []
    wanting += [f"was left alone for {settle:,.0f} s"] if settle else []
    return " or ".join(wanting)


def _has(base: str, pattern: str, digits: str, marker: str) -> bool:
    folder = re.sub(r"(\{SPAN[^/]*).*", r"\1", pattern)
    return bool(glob.glob(os.path.join(glob.escape(base), SPAN.sub(digits, folder), glob.escape(marker))))


def _refuse(
    base: str, pattern: str, there: Collection[int], whole: Collection[int], last: int | None, wanting: str
) -> DataRejected:
    where = os.path.join(base, pattern)
    if whole:
        kind = "complete span" if wanting else "span"
        return DataRejected(
            f"There is no {kind} {last}; there are {_list(sorted(whole))}.", where, "Correct data.span."
        )
    if there:
        what = f"No span is complete: none of {_list(sorted(there))} {wanting}."
        return DataRejected(what, where, "Wait until one is, or correct data.marker or data.settle.")
    found = sorted(os.listdir(base)) if os.path.isdir(base) else None
    lies = "its folder is empty" if found == [] else f"there are {_list(found)}" if found else "its folder is absent"
    return DataRejected(f"No span matches; {lies}.", where, "Correct data.path.")


def _list(names: Collection[object]) -> str:
    shown = ", ".join(map(str, list(names)[:MOST]))
    return f"{shown} and {len(names) - MOST} more" if len(names) > MOST else shown
