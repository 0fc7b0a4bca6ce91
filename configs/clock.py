"""The present, which all else reads here: one place, in which a rehearsal can have another."""

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Returns this moment, in UTC."""
    return datetime.now(timezone.utc)


def tell_now() -> str:
    """Returns this moment in UTC as records have it: ISO 8601, to the second."""
    return utc_now().isoformat(timespec="seconds")
