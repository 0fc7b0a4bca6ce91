"""How far one row of a series lies from the next, and the moments that come after the last."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from components.validation.cast import EPOCHS, EXCEL, EXCEL_EPOCH, QUARTER

DAY = 86_400
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": DAY, "week": 7 * DAY}
MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True)
class Step:
    """So many of a unit: `number` of whole numbers, `second`, `weekday` or `month` of moments."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str | int) -> "Step":
        """Return what a config says: 1 day, 15 minutes, 1 weekday, 3 months; or a number."""
        if isinstance(text, int):
            return cls(text, "number")
        count, name = text.split()
        unit = name.removesuffix("s")
        if unit in SECONDS:
            return cls(int(count) * SECONDS[unit], "second")
        return cls(int(count) * MONTHS[unit], "month") if unit in MONTHS else cls(int(count), unit)

    def spell(self) -> str | int:
        """Return it as a config says it, in the largest unit."""
        if self.unit == "number":
            return self.count
        sizes = {"second": SECONDS, "month": MONTHS}.get(self.unit, {self.unit: 1})
        unit, size = next((unit, size) for unit, size in reversed(sizes.items()) if self.count % size == 0)
        count = self.count // size
        return f"{count} {unit}{'s' * (count > 1)}"

    def count_from(self, moments: np.ndarray) -> np.ndarray:
        """Return where moments, int64, lie on the steps' own scale, in units from one that is the same for all."""
        if self.unit == "month":
            return to_months(moments)
        if self.unit == "weekday":
            return np.busday_count("1970-01-01", to_days(moments))
        return moments

    def go_on(self, last: int, steps: int) -> int:
        """Return the moment so many steps after the last; at the end of a month where that is one."""
        far = self.count * steps
        if self.unit == "month":
            return _add_months(last, far)
        if self.unit == "weekday":
            day = np.busday_offset(to_days(np.array([last]))[0], far, roll="backward")
            return int(day.astype(np.int64)) * DAY + last % DAY
        return last + far


def to_days(moments: np.ndarray) -> np.ndarray:
    """Return the days of seconds since 1970."""
    return (moments // DAY).astype("datetime64[D]")


def to_months(moments: np.ndarray) -> np.ndarray:
    """Return the months since 1970 of seconds."""
    return to_days(moments).astype("datetime64[M]").astype(np.int64)


def is_month_end(moments: np.ndarray) -> np.ndarray:
    """Whether the day of each moment is the last of its month."""
    return to_months(moments + DAY) > to_months(moments)


def spell_moment(moment: int, format: str | None, like: str) -> str:
    """Return a moment as the cells of its column are written: by a format, else as `like` has ISO 8601, or a number."""
    if format in EPOCHS:
        return str(moment * EPOCHS[format])
    if format == EXCEL:
        return f"{moment / DAY + EXCEL_EPOCH:.10g}"
    if format is None and like.lstrip("+-").isdigit():
        return str(moment)
    at = np.datetime64(moment, "s").item()
    if format:
        return str(at.strftime(format.replace("%z", "+0000").replace(QUARTER, f"Q{(at.month + 2) // 3}")))
    day, clock = like[:10], like[11:]
    zone = next((sign for sign in ("Z", "+00:00") if clock.endswith(sign)), "")
    if not clock:
        return str(at.strftime("%Y-%m-%d" if len(day) == 10 else "%Y-%m"))
    spelled = at.isoformat(like[10], "minutes" if clock.count(":") == 1 else "seconds")
    return f"{spelled}{zone}"


def list_ahead(step: Step, last: int, count: int) -> Iterator[int]:
    """Yield the moments that come after the last."""
    return (step.go_on(last, steps) for steps in range(1, count + 1))


def _add_months(last: int, months: int) -> int:
    day = to_days(np.array([last]))[0]
    first = day.astype("datetime64[M]")
    wanted = first + months
    ends = int(((wanted + 1).astype("datetime64[D]") - wanted.astype("datetime64[D]")).astype(int))
    of_month = int((day - first.astype("datetime64[D]")).astype(int))
    if is_month_end(np.array([last]))[0]:
        of_month = ends - 1
    return int((wanted.astype("datetime64[D]") + min(of_month, ends - 1)).astype(np.int64)) * DAY + last % DAY
