"""Moments: of each the parts that a model sees, points on a circle, and the year as a number."""

import math

import tensorflow as tf

from configs.schema.features import Timestamp
from trainer.features.cells import MISSING

DAY = 86_400  # seconds
YEAR = "year"  # the part that is no point on a circle: it is scaled as numbers are
PARTS = {
    "hour": ("hour_sin", "hour_cos"),
    "day_of_week": ("day_of_week_sin", "day_of_week_cos"),
    "day": ("day_sin", "day_cos"),
    "month": ("month_sin", "month_cos"),
    YEAR: (YEAR,),
}


def list_parts(feature: Timestamp) -> list[str]:
    """Returns what becomes of a moment, in order."""
    return [column for part in feature.parts for column in PARTS[part]]


def split(seconds: tf.Tensor, feature: Timestamp) -> dict[str, tf.Tensor]:
    """Returns the parts of moments, all [batch, 1]; of one that is MISSING zeros, off every circle, and NaN as year."""
    there = seconds != MISSING
    turns = _divide(tf.where(there, seconds, 0))
    found: dict[str, tf.Tensor] = {}
    for part in feature.parts:
        # Of float32, a sine may differ in its last bit by where in a batch a row stands, and a tree would split there.
        angle = 2 * math.pi * turns[part]
        exact = (turns[part],) if part == YEAR else (tf.sin(angle), tf.cos(angle))
        shown = [tf.cast(number, tf.float32) for number in exact]
        absent = math.nan if part == YEAR else 0.0
        found |= zip(PARTS[part], (tf.where(there, number, absent) for number in shown), strict=True)
    return found


def _divide(seconds: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns how far each moment is through the day, the week (from Monday), the month and the year, and its year.

    All are float64. The civil date of a day is by Hinnant's `civil_from_days`: of 400-year eras that begin in March.
    """
    days = seconds // DAY
    shifted = days + 719_468  # from 0000-03-01
    of_era = shifted % 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # 0 is March
    day = of_year - (153 * month + 2) // 5
    since_1970 = year + shifted // 146_097 * 400 + month // 10 - 1970
    turns = {
        "hour": (seconds % DAY, DAY),
        "day_of_week": ((days + 3) % 7, 7),
        "day": (day, 31),
        "month": ((month + 2) % 12, 12),
        "year": (since_1970, 1),
    }
    return {part: tf.cast(count, tf.float64) / whole for part, (count, whole) in turns.items()}
