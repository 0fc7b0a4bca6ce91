"""Cells, text or of a Parquet type, cast to what TensorFlow takes; pa.ArrowInvalid where one cannot be.

A cell that is refused alone is refused among others, and one that is taken alone is taken among others.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.compute as pc

INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NO_TEXT = pa.scalar(None, pa.string())


def spell(array: pa.Array) -> pa.Array:
    """Return the cells as text: a whole float as an integer is (19), else the shortest; true, false; ISO 8601.

    So a column of integers that became one of floats, as a row lacks it, keeps its categories.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return spell(array.dictionary_decode())
    if pa.types.is_decimal(kind):  # pyarrow 10 cannot cast it
        return pa.array([None if cell is None else str(cell) for cell in array.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), 2.0**53))
        integers = pc.if_else(whole, array, pa.scalar(None, kind)).cast(pa.int64())
        return pc.coalesce(integers.cast(pa.string()), array.cast(pa.string()))
    if pa.types.is_nested(kind) or pa.types.is_duration(kind):
        raise pa.ArrowInvalid(f"{kind} is no single value")
    return array.cast(pa.string())


def to_numbers(array: pa.Array) -> pa.Array:
    """Return finite float32; what is blank is null.

    By way of float64, as Parquet has it: straight from text, one number in 2**29 would be rounded otherwise.
    """
    if pa.types.is_integer(array.type):
        doubles = array.cast(pa.int64()).cast(pa.float64(), safe=False)
    elif pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        doubles = array.cast(pa.float64())
    else:
        doubles = _parse_numbers(spell(array))
    numbers = doubles.cast(pa.float32(), safe=False)
    if not pc.all(pc.is_finite(numbers), min_count=0).as_py():
        raise pa.ArrowInvalid("a number is not finite")
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

    return _leniently(look_up, spell(array))


def to_seconds(array: pa.Array, format: str | None = None) -> pa.Array:
    """Return whole seconds since 1970, int64, of moments by strptime's format, else ISO 8601; UTC unless they tell."""
    if pa.types.is_date(array.type):
        return array.cast(pa.timestamp("s")).cast(pa.int64())
    if pa.types.is_timestamp(array.type):
        return pc.floor_temporal(array, unit="second").cast(pa.timestamp("s", array.type.tz)).cast(pa.int64())
    if format is None:
        return _leniently(_parse_iso, spell(array))
    moments = _tidy(spell(array)).dictionary_encode()
    seconds = [_strptime(cell, format) for cell in moments.dictionary.to_pylist()]
    return pa.array(seconds, pa.int64()).take(moments.indices)


def _leniently(parse: Callable[[pa.Array], pa.Array], text: pa.Array) -> pa.Array:
    """Parse the text as it is, which nearly always succeeds, else without the spaces around it."""
    try:
        return parse(text)
    except pa.ArrowInvalid:
        return parse(_tidy(text))


def _tidy(text: pa.Array) -> pa.Array:
    return pc.ascii_trim(pc.if_else(pc.equal(text, ""), NO_TEXT, text), " \t")


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
        return pc.replace_substring_regex(text, r"^\+([0-9.])", r"\1").cast(pa.float64())


def _parse_iso(text: pa.Array) -> pa.Array:
    try:
        return text.cast(pa.timestamp("s")).cast(pa.int64())
    except pa.ArrowInvalid:  # Arrow takes fractions or zones only where all cells have them
        whole = pc.replace_substring_regex(text, r"(:\d\d)[.,]\d+", r"\1")
        zoned = pc.match_substring_regex(whole, r"[T ]\d\d.*(Z|[+-]\d\d(:?\d\d)?)$")
        there = pc.if_else(zoned, whole, NO_TEXT).cast(pa.timestamp("s", "UTC"))
        here = pc.if_else(zoned, NO_TEXT, whole).cast(pa.timestamp("s"))
        return pc.coalesce(there.cast(pa.int64()), here.cast(pa.int64()))


def _strptime(cell: str, format: str) -> int:
    try:  # Arrow's own takes the 31st of February
        moment = datetime.strptime(cell, format)
    except ValueError as error:
        raise pa.ArrowInvalid(str(error)) from None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - EPOCH) // timedelta(seconds=1)
