"""Figures as a person reads them: numbers, bytes, seconds and moments."""

from datetime import datetime

STEPS = ("B", "kB", "MB", "GB", "TB")


def tell_number(value: float | None) -> str:
    """Returns a number to five digits, with thousands separated; an empty text where it is not known."""
    if value is None:
        return ""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:,.5g}"


def tell_bytes(count: float | None) -> str:
    """Returns a number of bytes in a unit of ten's powers, to three digits; a dash where it is not known."""
    if count is None:
        return "–"
    for unit in STEPS:
        if abs(count) < 999.5 or unit == STEPS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.95 else f"{count:.3g} {unit}"
        count /= 1000
    raise AssertionError("there is a last unit")


def tell_seconds(seconds: float | None) -> str:
    """Returns a time: 40 ms, 4.2 s, 3 min 20 s, 2 h 05 min; a dash where it is not known."""
    if seconds is None:
        return "–"
    if seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def tell_moment(moment: str) -> str:
    """Returns a moment in ISO 8601 as a date and a time of day, in the zone that it is told in."""
    told = datetime.fromisoformat(moment)
    return f"{told:%Y-%m-%d %H:%M:%S} {told.tzname() or ''}".rstrip()
