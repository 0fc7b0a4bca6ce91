"""The parts of moments, held against the calendar."""

import calendar
import math
import re

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.features import Timestamp
from trainer.features.cells import MISSING
from trainer.features.timestamp import list_parts, split

CIRCLES = Timestamp(kind="timestamp", parts=("hour", "day_of_week", "day", "month"))


def parts_of(*moments):
    """The parts of moments in UTC; None is a missing one."""
    seconds = [calendar.timegm(tuple(map(int, re.split(r"\D", text)))) if text else MISSING for text in moments]
    parts = split(tf.constant([[second] for second in seconds], tf.int64), CIRCLES)
    assert list(parts) == list_parts(CIRCLES)
    return {name: pytest.approx(tensor.numpy()[:, 0], abs=1e-4) for name, tensor in parts.items()}


def test_the_parts_of_a_moment_lie_on_circles():
    parts = parts_of("2024-02-29 06:00:00", "1969-12-31 23:59:59", None)
    assert (parts["hour_sin"], parts["hour_cos"]) == ([1, 0, 0], [0, 1, 0])
    thursday, wednesday = 2 * math.pi * 3 / 7, 2 * math.pi * 2 / 7
    assert parts["day_of_week_sin"] == [math.sin(thursday), math.sin(wednesday), 0]
    assert parts["day_cos"] == [math.cos(2 * math.pi * 28 / 31), math.cos(2 * math.pi * 30 / 31), 0]
    assert parts["month_sin"] == [0.5, -0.5, 0]
    assert parts["month_cos"] == [math.sqrt(0.75), math.sqrt(0.75), 0]


def test_a_moment_has_the_same_parts_wherever_in_a_batch_it_stands():
    moments = np.tile(np.arange(0, 365 * 86_400, 86_400 + 900), 29)[:, None]
    whole = split(tf.constant(moments), CIRCLES)
    for start in range(0, len(moments), 997):
        part = split(tf.constant(moments[start : start + 97]), CIRCLES)
        for name, numbers in part.items():
            assert (numbers.numpy() == whole[name][start : start + 97].numpy()).all()
    assert len(np.unique(whole["day_of_week_sin"])) == 7


@pytest.mark.parametrize("date", ["1600-02-29", "1900-03-01", "2000-02-29", "2024-12-31", "2100-02-28"])
def test_a_date_is_that_of_the_calendar(date):
    _, month, day = (int(part) for part in date.split("-"))
    parts = parts_of(f"{date} 12:00:00")
    assert parts["month_sin"] == [math.sin(2 * math.pi * (month - 1) / 12)]
    assert parts["day_sin"] == [math.sin(2 * math.pi * (day - 1) / 31)]
    weekday = calendar.weekday(*(int(part) for part in date.split("-")))
    assert parts["day_of_week_cos"] == [math.cos(2 * math.pi * weekday / 7)]


def test_a_year_that_is_missing_is_no_number():
    years = split(tf.constant([[0], [MISSING]], tf.int64), Timestamp(kind="timestamp", parts=("year",)))["year"]
    assert years[0, 0] == 0
    assert math.isnan(years[1, 0])
