"""A forecast is drawn over what came, moments as dates."""

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.forecast import draw_forecast

SERIES = load(ROOT / "configs" / "series_rnn.yaml")
DAY = 86_400.0


def test_each_step_has_what_came_and_what_was_forecast():
    found = draw_forecast([[18_000 * DAY, 10.0, 12.5], [18_001 * DAY, 20.0, 17.5]], SERIES)
    assert (found.chart.x_title, found.chart.y_title) == ("day", "sales")
    assert {series.name: [dot.tip for dot in series.dots] for series in found.chart.series} == {
        "actual": ["2019-04-14, actual: 10.0000", "2019-04-15, actual: 20.0000"],
        "predicted": ["2019-04-14, predicted: 12.5000", "2019-04-15, predicted: 17.5000"],
    }


def test_what_is_no_series_has_none():
    assert draw_forecast(None, SERIES) is None
    assert draw_forecast([], SERIES) is None
    assert draw_forecast([[1.0, 2.0, 3.0]], load(ROOT / "configs" / "taxi.yaml")) is None
