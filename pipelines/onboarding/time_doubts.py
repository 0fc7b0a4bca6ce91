"""What is to be said of rows in time that are no series as they stand, and so go to all splits."""

import re

import numpy as np

from components.validation.column_types import Role
from components.validation.profile import Column, Profile
from pipelines.onboarding.moment_inference import OF_DAY, spot_moment

FEWEST = 20  # rows
OWN = 0.9  # rows of a moment of their own, from which they are one after the other
ALIKE = 0.5  # correlation of a label with that of the row before, from which rows tell of their neighbours
UNITS = {  # what may be numbered of a row, by names, and the numbers that it has
    **{"year": (1500, 2200), "quarter|qtr": (1, 4), "month|mnth": (1, 12), "day": (1, 366)},
    **{"hour|hr": (0, 24), "minute": (0, 59)},
}


def doubt_time(profile: Profile, label: str) -> str:
    """Returns what is to be said where columns tell the time of a row together, or a label follows the row before.

    The label is a number. Nothing is said of other rows.
    """
    others = [column for name, column in profile.columns.items() if name != label and column.is_single]
    dates = {column.name: format for column in others if (format := _find_format(column))}
    clocks = [name for name, format in dates.items() if format in OF_DAY]
    dates = {name: format for name, format in dates.items() if format not in OF_DAY}
    numbered = [name for unit in UNITS if (name := next((each.name for each in others if _counts(each, unit)), ""))]
    parts = [*numbered, *clocks[:1]]
    parts = [*dates, *parts][: len(parts) + 1] if len(parts) == 1 and dates else parts
    if len(parts) > 1 and len(np.unique(profile.number(parts))) >= OWN * profile.read:
        names = " and ".join(f"`{name}`" for name in parts)
        return f"the rows are in time by {names} together, and go to all splits: to forecast, make one column of them"
    for name, format in dates.items():
        if _follows(profile.columns[label], profile.columns[name], format):
            told = f"the rows are in time by `{name}`, at no regular steps, and the label is much as in the row before"
            return f"{told}: data.split.by: {name} judges by later rows, and not by neighbours in time"
    return ""


def tells_time(column: Column) -> bool:
    """Whether a column holds moments, or numbers the months, the hours and such, as its name says."""
    return bool(_find_format(column)) or any(_counts(column, unit) for unit in UNITS)


def _find_format(column: Column) -> str:
    """Returns how a column writes its moments; nothing where it has none."""
    found = spot_moment(column) if len(column.values) else None
    return str(found.options.get("format", "ISO 8601")) if found else ""


def _counts(column: Column, unit: str) -> bool:
    """Whether a column numbers the years, months and such that its name says."""
    if not re.fullmatch(rf"(?i)(.*[\W_])?({unit})s?", column.name) or not column.is_number or column.missing:
        return False
    low, high = UNITS[unit]
    return column.is_whole and low <= column.numbers.min() and column.numbers.max() <= high


def _follows(label: Column, moments: Column, format: str) -> bool:
    """Whether the label of a row is much as that of the one before, and hardly two are of one moment."""
    codes, values = moments.codes(), label.codes()
    held = (codes >= 0) & (values >= 0)
    if held.sum() < FEWEST or len(np.unique(codes[held])) < OWN * held.sum():
        return False
    role = Role("moment", moments.name, format=None if format == "ISO 8601" else format)
    when = role.convert(moments.values).to_numpy(zero_copy_only=False)[codes[held]]
    numbers = label.numbers[values[held]][np.argsort(when, kind="stable")]
    return len(np.unique(numbers)) > 1 and float(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) > ALIKE
