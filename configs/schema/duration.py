"""How long something takes, as a config says it: 15m, 6h, 30d."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION = r"^[1-9]\d{0,4}[smhdw]$"
Duration = Annotated[str, Field(pattern=DURATION)]


def read_duration(text: str) -> timedelta:
    """Returns how long a duration is."""
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def format_duration(length: timedelta) -> str:
    """Returns it in its largest unit of days, hours, minutes and seconds, rounded down."""
    seconds = int(length.total_seconds())
    sizes = {"d": 86_400, "h": 3_600, "m": 60}
    unit = next((unit for unit, size in sizes.items() if seconds >= size), "s")
    return f"{seconds // sizes.get(unit, 1)}{unit}"
