"""Rows in time, found to be a series, and what is told of their steps."""

import numpy as np
import pandas as pd
import pytest

from components.examples.splits import find_cuts
from tests.pipelines.onboarding.conftest import draw

MONTHS = pd.date_range("2010-01-01", periods=144, freq="MS")
DAYS = pd.date_range("2020-01-01", periods=400, freq="D")


def season(count, period, noise=1.0):
    """A trend, and what repeats after so many steps."""
    random = np.random.default_rng(0)
    return (
        100
        + 0.1 * np.arange(count)
        + 20 * np.sin(2 * np.pi * np.arange(count) / period)
        + random.normal(0, noise, count)
    )


def rows(moments, period, spell="%Y-%m-%d"):
    return pd.DataFrame({"when": moments.strftime(spell), "sold": season(len(moments), period).round(2)})


@pytest.mark.parametrize(
    ("frame", "window", "season"),
    [
        (rows(MONTHS, 12, "%Y-%m"), {"format": "%Y-%m", "step": "1 month", "horizons": 12}, 12),
        (rows(MONTHS + pd.offsets.MonthEnd(0), 12), {"step": "1 month", "horizons": 12}, 12),
        (rows(DAYS, 7), {"step": "1 day", "horizons": 7}, 7),
        (rows(DAYS, 7, "%d/%m/%Y"), {"format": "%d/%m/%Y", "step": "1 day", "horizons": 7}, 7),
        (rows(DAYS, 20), {"step": "1 day", "horizons": 7}, 20),  # what repeats is not what the calendar has
        (rows(pd.date_range("2004-01-05", periods=300, freq="W-MON"), 52), {"step": "1 week", "horizons": 24}, 52),
        (rows(pd.date_range("2020-01-01", periods=300, freq="B"), 5), {"step": "1 weekday", "horizons": 5}, 5),
        (
            rows(pd.date_range("2020-01-01", periods=600, freq="h"), 24, "%Y-%m-%d %H:%M"),
            {"step": "1 hour", "horizons": 24},
            24,
        ),
        (rows(pd.date_range("2020-01-01", periods=80, freq="QS"), 4), {"step": "3 months", "horizons": 4}, 4),
    ],
)
def test_a_number_at_regular_steps_is_to_be_forecast(tmp_path, frame, window, season):
    drawn, config = draw(frame, tmp_path, "sold")
    found = config.data.window
    assert (found.order, found.format, found.step) == ("when", window.get("format"), window["step"])
    assert found.horizons == tuple(range(1, window["horizons"] + 1))
    assert config.data.split.by == "when"
    assert (config.model.family, config.model.season) == ("autoregression", season)
    assert config.features["past"].columns == ("sold",)
    assert config.features["past"].length >= season
    assert config.evaluation.slices == ((), ("horizon",))
    assert "are a series" in drawn.warnings[0]
    assert len(drawn.warnings) == 1


def test_years_and_numbers_that_count_steps_put_rows_in_order(tmp_path):
    frame = pd.DataFrame({"year": range(1900, 1980), "sold": season(80, 11)})
    assert draw(frame, tmp_path, "sold")[1].data.window.step == 1
    frame = pd.DataFrame({"t": range(0, 800, 10), "sold": season(80, 11)})
    assert draw(frame, tmp_path, "sold")[1].data.window.step == 10


def test_the_bar_is_what_stood_there_a_season_before_on_the_rows_that_test(tmp_path):
    frame = rows(DAYS, 7)
    config = draw(frame, tmp_path, "sold", horizon=2)[1]
    sold, length = frame["sold"].to_numpy(), config.features["past"].length
    examples = np.concatenate([np.arange(length + ahead - 1, 400) for ahead in (1, 2)])
    tested = np.arange(int(find_cuts(examples, [6, 2, 2])[1]), 400)
    bar = np.sqrt(np.mean((sold[tested] - sold[tested - 7]) ** 2))
    assert config.evaluation.thresholds["rmse"].max == pytest.approx(bar, rel=1e-4)
    assert config.data.window.horizons == (1, 2)


def test_gaps_doubled_steps_and_rows_out_of_order_are_named_with_the_first_row(tmp_path):
    frame = rows(DAYS, 7)
    frame = frame.drop(index=[50, 51, 90])
    frame = pd.concat([frame[:100], frame[99:100], frame[100:]])
    order = np.arange(len(frame))
    order[[10, 11]] = 11, 10
    drawn, _ = draw(frame.iloc[order], tmp_path, "sold")
    assert drawn.warnings[1:] == [
        "`when`: 3 steps are not there, the first before row 52",
        "`when`: 1 row is of a step that was there before, the first is row 102",
        "`when`: 1 row is earlier than the row above, the first is row 13",
    ]


def test_series_are_told_apart_by_a_column(tmp_path):
    parts = [rows(DAYS, 7).assign(shop=shop) for shop in ("north", "south", "west")]
    config = draw(pd.concat(parts), tmp_path, "sold")[1]
    assert (config.data.group, config.data.window.step) == ("shop", "1 day")
    shuffled = pd.concat(parts).sample(frac=1, random_state=0).assign(town=lambda frame: frame["shop"].str.upper())
    drawn, config = draw(shuffled, tmp_path, "sold", group="town")
    assert config.data.group == "town"
    assert "earlier than the row above" in drawn.warnings[1]


@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (rows(DAYS, 7), {"kind": "regression"}),
        (rows(DAYS, 7).assign(when=DAYS[np.random.default_rng(0).integers(0, 400, 400)].strftime("%Y-%m-%d")), {}),
        (rows(DAYS, 7).assign(when=range(400)).rename(columns={"when": "row"}).assign(more=season(400, 9)), {}),
        (rows(DAYS, 7).assign(sold=np.arange(400) % 2), {}),
    ],
)
def test_other_rows_are_a_table(tmp_path, frame, options):
    assert draw(frame, tmp_path, "sold", **options)[1].data.window is None
