"""Cells, text or of a Parquet type, cast to what TensorFlow takes; pa.ArrowInvalid where one cannot be.

A cell that is refused alone is refused among others, and one that is taken alone is taken among others.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.readers.blanks import blank

LIST = re.compile(r"\s*[\[({](.*)[\])}]\s*", re.DOTALL)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
QUARTER = "Q%q"  # in a format, the first to the fourth
EPOCHS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}  # how many are a second
EXCEL = "excel"  # in place of a format: days since 1899-12-30, as sheets count them, with the time as their fraction
EXCEL_EPOCH = 25_569  # the day of 1970-01-01
MINUS = (  # what is written for a minus, as RE2 has it: (12), $(12) and (12)%, a minus of print, 12-
    (r"^\s*([^\w\s()+-]|[A-Z]{3})?\s*\(([^-+()]*\d[^-+()]*)\)\s*([%\p{Sc}])?\s*$", r"-\1\2\3"),
    ("\u2212", "-"),
    (r"^\s*([^-+]*\d)\s*-\s*$", r"-\1"),
)


def to_text(array: pa.Array) -> pa.Array:
    """Return the cells as text: a whole float as an integer is (19), else the shortest; true, false; ISO 8601.

    So a column of integers that became one of floats, as a row lacks it, keeps its categories.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return to_text(array.dictionary_decode())
    if pa.types.is_decimal(kind):  # pyarrow 10 cannot cast it
        return pa.array([None if cell is None else str(cell) for cell in array.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), 2.0**53))
        integers = blank(array, pc.invert(whole)).cast(pa.int64())
        return pc.coalesce(integers.cast(pa.string()), array.cast(pa.string()))
    if pa.types.is_nested(kind) or pa.types.is_duration(kind):
        raise pa.ArrowInvalid(f"{kind} is no single value")
    return array.cast(pa.string())


def to_numbers(array: pa.Array, offset: float = 0.0) -> pa.Array:
    """Return finite float32, less the offset; what is blank is null.

    By way of float64, as Parquet has it: straight from text, one number in 2**29 would be rounded otherwise.
    """
    numbers = to_doubles(array)
    return (pc.subtract(numbers, offset) if offset else numbers).cast(pa.float32(), safe=False)


def to_doubles(array: pa.Array) -> pa.Array:
    """Return float64 that are finite as float32 as well; what is blank is null."""
    numbers = _to_doubles(array)
    if not pc.all(pc.is_finite(numbers.cast(pa.float32(), safe=False)), min_count=0).as_py():
        raise pa.ArrowInvalid("a number is not finite")
    return numbers


def to_whole(array: pa.Array) -> pa.Array:
    """Return whole numbers, int64; what is blank is null."""
    return _to_doubles(array).cast(pa.int64())


def to_lists(array: pa.Array, parse: Callable[[pa.Array], pa.Array], width: int = 1) -> pa.ListArray:
    """Return a list a row of what `parse` makes of its items; a multiple of `width` of them, null where there is none.

    Lists within lists are joined. Text is `1 2 3`, `1, 2, 3` or `[[1], [2], [3]]`.
    """
    if not _is_list(array.type):
        items = pc.ascii_trim(pc.replace_substring_regex(to_text(array), r'[\s,;"\[\]]+', " "), " ")
        array = pc.split_pattern(blank(items, pc.equal(items, "")), " ")
    ends, items = _open_lists(array)
    counts = np.diff(ends)
    if (counts % width).any():
        odd = counts[counts % width > 0][0]
        raise pa.ArrowInvalid(f"holds {odd} numbers, which is no multiple of the width {width}")
    try:
        parsed = parse(items)
    except pa.ArrowInvalid:
        raise pa.ArrowInvalid("holds what is not a number as this feature needs") from None
    if parsed.null_count:
        raise pa.ArrowInvalid("holds a blank among its numbers")
    return gather(counts, parsed)


def join(columns: Sequence[pa.Array], width: int) -> pa.ListArray:
    """Return a list a row of the float32 numbers that stand in `columns`, null where all are blank.

    Blanks stand at the end alone, and leave a multiple of `width`.
    """
    table = np.column_stack([column.to_numpy(zero_copy_only=False) for column in columns])
    held = ~np.isnan(table)
    counts = held.sum(axis=1)
    if (held[:, 1:] & ~held[:, :-1]).any() or (counts % width).any():
        raise pa.ArrowInvalid("a number is missing")
    return gather(counts, pa.array(table[held], pa.float32()))


def list_raised(flags: Sequence[pa.Array]) -> pa.ListArray:
    """Return a list a row of the places of the flags that are 1 in it, int64, null where none is."""
    marks = np.column_stack([flag.to_numpy() for flag in flags])
    return gather(marks.sum(axis=1), pa.array(np.nonzero(marks)[1], pa.int64()))


def gather(counts: np.ndarray, items: pa.Array) -> pa.ListArray:
    """Return a list a row of so many items each, null where there are none."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32(), mask=np.append(counts == 0, False))
    return pa.ListArray.from_arrays(offsets, items)


def number_combinations(codes: Iterable[np.ndarray], rows: int) -> np.ndarray:
    """Return a number for each row, the same where all its codes, -1 and up, are the same."""
    numbers = np.zeros(rows, np.int64)
    for each in codes:
        together = numbers * (int(each.max(initial=0)) + 2) + each + 1
        numbers = np.unique(together, return_inverse=True)[1].ravel()
    return numbers


def is_beyond(cell: str) -> bool:
    """Whether the text is an integer beyond 64 bits."""
    text = cell.strip(" \t")
    # Counting digits comes first since Python refuses to convert some thousands of them.
    return bool(INTEGER.fullmatch(text)) and (len(text.lstrip("+-0")) > 19 or not -(2**63) <= int(text) < 2**63)


def to_indices(array: pa.Array, values: Sequence[str], lower: bool = False) -> pa.Array:
    """Return the place of each cell among `values`, int64; what is blank is null."""

    def look_up(text: pa.Array) -> pa.Array:
        found = pc.index_in(pc.utf8_lower(text) if lower else text, value_set=pa.array(values, pa.string()))
        if found.null_count > text.null_count:
            raise pa.ArrowInvalid(f"a cell is none of {', '.join(values)}")
        return found.cast(pa.int64())

    return _leniently(look_up, to_text(array))


def to_sets(array: pa.Array, values: Sequence[str], separator: str = "|") -> pa.ListArray:
    """Return a list a row of the places, among `values`, of those it names, int64, in order; null where it names none.

    Text is `red|green`, parted by the separator, or a list.
    """
    if not _is_list(array.type):
        cells = to_text(array).dictionary_encode()
        names = [split_names(cell, separator) for cell in cells.dictionary.to_pylist()]
        named = pa.array(names, pa.list_(pa.string()))
        array = named.take(cells.indices)
    ends, items = _open_lists(array)
    try:
        found = to_indices(items, values)
    except pa.ArrowInvalid:
        unknown = next(name for name in to_text(items).to_pylist() if name not in values)
        raise pa.ArrowInvalid(f"names `{unknown}`, which is none of {', '.join(values)}") from None
    if found.null_count:
        raise pa.ArrowInvalid("holds a blank among its classes")
    marks = np.zeros((len(array), len(values)), bool)
    marks[np.repeat(np.arange(len(array)), np.diff(ends)), found.to_numpy()] = True
    return gather(marks.sum(axis=1), pa.array(np.nonzero(marks)[1], pa.int64()))


def to_seconds(array: pa.Array, format: str | None = None) -> pa.Array:
    """Return whole seconds since 1970, int64, of moments by strptime's format, else ISO 8601; UTC unless they tell.

    A format of EPOCHS is of numbers that count from 1970, EXCEL of its days.
    """
    if pa.types.is_date(array.type):
        return array.cast(pa.timestamp("s")).cast(pa.int64())
    if pa.types.is_timestamp(array.type):
        return pc.floor_temporal(array, unit="second").cast(pa.timestamp("s", array.type.tz)).cast(pa.int64())
    if format in EPOCHS:
        return pc.floor(pc.divide(_to_doubles(array), float(EPOCHS[format]))).cast(pa.int64())
    if format == EXCEL:
        days = pc.subtract(_to_doubles(array), float(EXCEL_EPOCH))
        return pc.round(pc.multiply(days, 86_400.0)).cast(pa.int64())
    if format is None:
        return _leniently(_parse_iso, to_text(array))
    moments = _tidy(to_text(array)).dictionary_encode()
    seconds = [_strptime(cell, format) for cell in moments.dictionary.to_pylist()]
    return pa.array(seconds, pa.int64()).take(moments.indices)


def read_moment(cell: str, format: str) -> datetime:
    """Return the moment that a cell holds, of UTC unless it tells; that of a week is its Monday.

    A quarter is Q%q, its first day, which strptime has not. Raises ValueError for a moment not written so. Arrow's own
    strptime takes the 31st of February.
    """
    if QUARTER in format:
        cell, found = re.subn("Q([1-4])", lambda quarter: f"{3 * int(quarter[1]) - 2:02}", cell)
        if not found:
            raise ValueError(f"`{cell}` names no quarter")
        format = format.replace(QUARTER, "%m")
    if "%j" in format and not re.fullmatch(r"\d{4}-?\d{3}", cell):  # strptime takes 2010-02 for the second day
        raise ValueError(f"`{cell}` is no day of a year in three digits")
    if "%V" in format and "%u" not in format:
        cell, format = f"{cell} 1", f"{format} %u"
    moment = datetime.strptime(cell, format)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _to_doubles(array: pa.Array) -> pa.Array:
    if pa.types.is_integer(array.type):
        return array.cast(pa.int64()).cast(pa.float64(), safe=False)
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        return array.cast(pa.float64())
    return _parse_numbers(to_text(array))


def _open_lists(array: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Return the items of all rows, and where each row's begin and end among them."""
    ends, items = np.arange(len(array) + 1), array
    while _is_list(items.type):
        if pa.types.is_fixed_size_list(items.type):  # pyarrow 10 cannot cast it
            items = pa.array(items.to_pylist(), pa.list_(items.type.value_type))
        counts = pc.list_value_length(items).fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.concatenate([[0], np.cumsum(counts)])[ends]
        items = items.flatten()
    return ends, items


def split_names(cell: str | None, separator: str) -> list[str]:
    """Return the names in a cell: `red|green`, or a list as JSON, Python or PostgreSQL has it: [..], (..) or {..}."""
    inside = LIST.fullmatch(cell or "")
    if inside is None:
        return [name for name in map(str.strip, (cell or "").split(separator)) if name]
    for parse in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError):
            found = parse(inside[0].strip())
            if isinstance(found, list | tuple | set):
                return [str(name) for name in found]
    return [name for part in inside[1].split(",") if (name := part.strip().strip("\"'"))]


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def to_order(array: pa.Array) -> pa.Array:
    """Return int64 that puts moments (ISO 8601), or whole numbers, in order; what is blank is null."""
    if pa.types.is_temporal(array.type):
        return to_seconds(array)
    text = _tidy(to_text(array))
    whole = pc.match_substring_regex(text, r"^[+-]?\d+$")
    return pc.coalesce(to_whole(blank(text, pc.invert(whole))), to_seconds(blank(text, whole)))


def _leniently(parse: Callable[[pa.Array], pa.Array], text: pa.Array) -> pa.Array:
    """Parse the text as it is, which nearly always succeeds, else without the spaces around it."""
    try:
        return parse(text)
    except pa.ArrowInvalid:
        return parse(_tidy(text))


def _tidy(text: pa.Array) -> pa.Array:
    return pc.ascii_trim(blank(text, pc.equal(pc.utf8_trim_whitespace(text), "")), " \t")


def _parse_numbers(text: pa.Array) -> pa.Array:
    doubles = _leniently(_parse_doubles, text)
    large = pc.greater_equal(pc.abs(doubles), 2.0**63)
    if pc.any(large).as_py() and any(map(is_beyond, text.filter(large).unique().to_pylist())):
        raise pa.ArrowInvalid("an integer is beyond 64 bits")
    return doubles


def _parse_doubles(text: pa.Array) -> pa.Array:
    try:
        return text.cast(pa.float64())
    except pa.ArrowInvalid:  # pyarrow 10 takes no leading plus
        return pc.replace_substring_regex(to_signs(text), r"^\+([0-9.])", r"\1").cast(pa.float64())


def to_signs(text: pa.Array) -> pa.Array:
    """Return texts in which -12 stands for (12) and 12-, as books have a negative number, and for a minus of print."""
    for pattern, replacement in MINUS:
        text = pc.replace_substring_regex(text, pattern, replacement)
    return text


def _parse_iso(text: pa.Array) -> pa.Array:
    try:
        return text.cast(pa.timestamp("s")).cast(pa.int64())
    except pa.ArrowInvalid:  # Arrow takes fractions or zones only where all cells have them
        whole = pc.replace_substring_regex(text, r"(:\d\d)[.,]\d+", r"\1")
        zoned = pc.match_substring_regex(whole, r"[T ]\d\d.*(Z|[+-]\d\d(:?\d\d)?)$")
        there = blank(whole, pc.invert(zoned)).cast(pa.timestamp("s", "UTC"))
        here = blank(whole, zoned).cast(pa.timestamp("s"))
        return pc.coalesce(there.cast(pa.int64()), here.cast(pa.int64()))


def _strptime(cell: str, format: str) -> int:
    try:
        return (read_moment(cell, format) - EPOCH) // timedelta(seconds=1)
    except ValueError as error:
        raise pa.ArrowInvalid(str(error)) from None
