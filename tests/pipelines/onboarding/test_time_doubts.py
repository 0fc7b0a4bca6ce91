"""Rows in time that are no series: what is said of them, since neighbours in time go to all splits."""

import numpy as np
import pandas as pd
import pytest

from tests.pipelines.onboarding.conftest import draw
from tests.pipelines.onboarding.test_series_inference import season

HOURS = pd.date_range("2020-01-01", periods=400, freq="h")
MONTHS = pd.date_range("1990-01-01", periods=360, freq="MS")
JITTER = pd.to_timedelta(np.random.default_rng(0).integers(0, 1800, 400), "s")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"date": HOURS.strftime("%Y-%m-%d"), "time": HOURS.strftime("%H:%M")}, "by `date` and `time` together"),
        ({"date": HOURS.strftime("%Y-%m-%d"), "hr": HOURS.hour}, "by `date` and `hr` together"),
        ({"year": MONTHS.year, "month": MONTHS.month}, "by `year` and `month` together"),
        ({"when": (HOURS + JITTER).strftime("%Y-%m-%d %H:%M:%S")}, "by `when`, at no regular steps"),
        ({"when": [None, *HOURS[1:].strftime("%Y-%m-%d %H:%M:%S")]}, "by `when`, at no regular steps"),
    ],
)
def test_rows_in_time_that_are_no_series_are_told_so(tmp_path, columns, said):
    frame = pd.DataFrame(columns)
    drawn, config = draw(frame.assign(sold=season(len(frame), 24)), tmp_path, "sold")
    assert config.data.window is None
    assert f"`sold`: the rows are in time {said}" in drawn.warnings[0]


@pytest.mark.parametrize("options", [{}, {"kind": "regression"}, {"group": "shop"}])
def test_nothing_is_said_of_a_label_that_does_not_follow_the_row_before_or_of_what_is_asked_for(tmp_path, options):
    noise = np.random.default_rng(1).normal(size=400)
    frame = pd.DataFrame({"when": (HOURS + JITTER).strftime("%Y-%m-%d %H:%M:%S"), "shop": np.arange(400) % 40})
    drawn, _ = draw(frame.assign(sold=season(400, 24) if options else noise), tmp_path, "sold", **options)
    assert not any("in time" in warning for warning in drawn.warnings)
