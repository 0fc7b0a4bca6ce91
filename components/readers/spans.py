"""Spans: data that comes in portions, such as a folder a day, whose number or time its path names."""

import glob
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from components.readers.data_file import is_shown
from components.readers.files import FOLDER, digest_files, find_paths, list_files, list_parts
from components.readers.sources import find_source, open_source
from configs.copies import name_copied
from configs.errors import DataRejected
from configs.schema.data import Data
from configs.schema.spans import Reader, Unit, fill, find_unit, glob_all, has_spans, keep_folder

ALL = "all"  # the name of data that has no spans
MOST = 10  # names in a message


@dataclass(frozen=True)
class Choice:
    """Which spans are taken of those that are there: without any of it, the newest."""

    newest: int | None = None  # by its number, no newer one
    count: int | None = None
    reach: int | None = None  # in place of a count, how many spans' time
    marker: str | None = None  # a file that a complete one has
    settle: float | None = None  # seconds after which one that is left alone is complete
    bridges: bool = True  # over those that are missing

    @classmethod
    def of(cls, data: Data) -> "Choice":
        """Returns what a config chooses."""
        length = find_unit(data.path).length
        return cls(
            newest=data.newest,
            count=data.spans if isinstance(data.spans, int) else None,
            reach=data.reach // length if data.reach and length else None,
            marker=data.marker,
            settle=data.settle_seconds,
            bridges=data.gaps != "refuse",
        )


@dataclass(frozen=True)
class Span:
    """A span: what it is called, its number and the newest version's, and the glob of its files."""

    name: str
    pattern: str
    number: int = 0  # as TFX has it where there are none
    version: int | None = None


@dataclass(frozen=True)
class Chosen:
    """The spans that are taken, oldest first, and in words, which are missing between them."""

    spans: Sequence[Span]
    missing: str = ""


def list_data(data: Data) -> list[str]:
    """Return the data files that the config stands for, in order; of the spans that it takes, if its path has any."""
    base, pattern = open_source(data)
    chosen = choose(base, pattern, Choice.of(data))
    return [path for span in chosen.spans for path in list_files(base, span.pattern, data.format)]


def digest_data(data: Data) -> str:
    """Return the digest of the data that the config stands for, which the ExampleGen node knows its input by.

    Raises DataRejected where there is none.
    """
    return digest_files(find_source(data)[0], list_parts(list_data(data), data.format, data.dialect))


def choose(base: str, pattern: str, choice: Choice = Choice()) -> Chosen:
    """Return the spans that match `pattern` below `base`, and that the choice takes.

    A pattern without places for a span is all there is. Raises DataRejected where there is none, or one is missing that
    the choice does not bridge.
    """
    if not has_spans(pattern):
        return Chosen([Span(ALL, pattern)])
    there = _find(base, pattern)
    whole = dict(_list_whole(base, pattern, there, choice))
    newest = max((number for number in whole if choice.newest is None or number <= choice.newest), default=None)
    if newest is None or choice.newest not in (None, newest):
        raise _refuse(base, pattern, there, whole, choice)
    oldest = (
        newest - choice.reach
        if choice.reach
        else sorted(n for n in whole if n <= newest)[-(choice.count or 1) :][0] - 1
    )
    taken = sorted(number for number in whole if oldest < number <= newest)
    missing = _tell_missing(find_unit(pattern), range(max(oldest + 1, min(there)), newest + 1), there, whole)
    if missing and not choice.bridges:
        remedy = "Supply what is missing, or say data.gaps: bridge to go on without."
        raise DataRejected(f"Of the spans that are taken, {missing}.", os.path.join(base, pattern), remedy)
    return Chosen([whole[number] for number in taken], missing)


def choose_before(base: str, pattern: str, choice: Choice, number: int, count: int) -> list[Span]:
    """Return the last complete spans before the one of this number, so many at most, oldest first."""
    earlier = [span for span in find_all(base, pattern, choice).values() if span.number < number]
    return earlier[-count:]


def find_all(base: str, pattern: str, choice: Choice = Choice()) -> dict[int, Span]:
    """Return each complete span that is there and not too new, by its number, oldest first."""
    whole = dict(_list_whole(base, pattern, _find(base, pattern), choice))
    return {number: whole[number] for number in sorted(whole) if choice.newest is None or number <= choice.newest}


Found = Mapping[int, Mapping[int, Mapping[str, str]]]  # what stands in each place, by number and version


def _find(base: str, pattern: str) -> Found:
    """Return what stands in the places of each span and version that has files."""
    spans: dict[int, dict[int, dict[str, str]]] = {}
    reader, unit = Reader.of(pattern), find_unit(pattern)
    for path in filter(is_shown, glob.glob(os.path.join(glob.escape(base), glob_all(pattern)))):
        found = reader.read(os.path.relpath(path, base))
        if found is None:
            continue
        number, version, digits = found
        known = spans.setdefault(number, {}).setdefault(version, digits)
        if known != digits:
            key = next(key for key in digits if known[key] != digits[key])
            what = f"Span {unit.tell(number)} is there twice, as {known[key]} and as {digits[key]}."
            raise DataRejected(what, os.path.join(base, pattern), f"Move one away, or write {{{key}:WIDTH}}.")
    return spans


def _list_whole(base: str, pattern: str, there: Found, choice: Choice) -> Iterator[tuple[int, Span]]:
    """Yield the newest complete version of each span that has one."""
    unit = find_unit(pattern)
    for number, versions in there.items():
        for version in sorted(versions, reverse=True):
            span = Span(unit.tell(number), fill(pattern, versions[version]), number, version)
            if _is_whole(base, pattern, versions[version], choice):
                has_version = "VERSION" in versions[version]
                yield number, replace(span, pattern=_open(base, span.pattern), version=version if has_version else None)
                break


def _open(base: str, filled: str) -> str:
    """Return the pattern of one span; that of a folder stands for what is in it."""
    return os.path.join(filled, FOLDER) if os.path.isdir(os.path.join(base, filled)) else filled


def _is_whole(base: str, pattern: str, digits: Mapping[str, str], choice: Choice) -> bool:
    if choice.marker is None and choice.settle is None:
        return True
    folder = os.path.join(glob.escape(base), fill(keep_folder(pattern), digits))
    marked = choice.marker is not None and glob.glob(os.path.join(folder, glob.escape(choice.marker)))
    settle = choice.settle
    return bool(marked) or (settle is not None and time.time() - _find_change(base, fill(pattern, digits)) >= settle)


def _find_change(base: str, filled: str) -> float:
    """Return when a file of a span changed last: what was copied with its old times changed when it came."""
    return max(map(_read_change, find_paths(base, _open(base, filled))), default=time.time())


def _read_change(path: str) -> float:
    if name_copied(path):
        return os.lstat(path).st_mtime  # as the store has it
    found = os.stat(path)
    return max(found.st_mtime, found.st_ctime)


def _tell_missing(unit: Unit, wanted: Collection[int], there: Found, whole: Mapping[int, Span]) -> str:
    """Return in words which spans are missing of those that are wanted; an empty text where none is."""
    absent = [number for number in wanted if number not in there]
    halves = [number for number in wanted if number in there and number not in whole]
    told = [(absent, "missing"), (halves, "not complete")]
    return ", ".join(
        f"{unit.tell_ranges(numbers)} {'are' if numbers[1:] else 'is'} {how}" for numbers, how in told if numbers
    )


def _tell_wanting(choice: Choice) -> str:
    """Return what a span lacks that is not complete; an empty text where all are."""
    wanting = [f"has a file {choice.marker}"] if choice.marker else []
    wanting += [f"was left alone for {choice.settle:,.0f} s"] if choice.settle else []
    return " or ".join(wanting)


def _refuse(base: str, pattern: str, there: Found, whole: Mapping[int, Span], choice: Choice) -> DataRejected:
    where, unit, wanting = os.path.join(base, pattern), find_unit(pattern), _tell_wanting(choice)
    if whole and choice.newest is not None:
        kind = "complete span" if wanting else "span"
        what = f"There is no {kind} {unit.tell(choice.newest)}; there are {_list_spans(unit, whole)}."
        return DataRejected(what, where, "Correct data.span.")
    if there:
        what = f"No span is complete: none of {_list_spans(unit, there)} {wanting}."
        return DataRejected(what, where, "Wait until one is, or correct data.marker or data.settle.")
    found = sorted(os.listdir(base)) if os.path.isdir(base) else None
    lies = "its folder is empty" if found == [] else f"there are {_list(found)}" if found else "its folder is absent"
    return DataRejected(f"No span matches; {lies}.", where, "Correct data.path.")


def _list_spans(unit: Unit, numbers: Collection[int]) -> str:
    return _list([unit.tell(number) for number in sorted(numbers)])


def _list(names: Collection[object]) -> str:
    shown = ", ".join(map(str, list(names)[:MOST]))
    return f"{shown} and {len(names) - MOST} more" if len(names) > MOST else shown
