"""The present, which all else reads here: one place, in which a rehearsal can have another; and telling moments."""

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Returns this moment, in UTC."""
    return datetime.now(timezone.utc)


def tell_now() -> str:
    """Returns this moment in UTC as records have it: ISO 8601, to the second."""
    return utc_now().isoformat(timespec="seconds")


def tell_date(seconds: float | None) -> str:
    """Returns a moment in seconds since 1970 as a date in UTC, with the time of day where it is not midnight."""
    if seconds is None:
        return ""
    told = datetime.fromtimestamp(round(seconds), timezone.utc)
    return f"{told:%Y-%m-%d}" if told.hour == told.minute == 0 else f"{told:%Y-%m-%d %H:%M}"
