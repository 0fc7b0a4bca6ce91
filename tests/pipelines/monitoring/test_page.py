from xml.etree import ElementTree

import pytest

from components.evaluation.judgement import Failure
from components.evaluation.tally import Estimate
from pipelines.monitoring.drift import Strayed
from pipelines.monitoring.look import Look
from pipelines.monitoring.page import EDGE, HEIGHT, WIDTH, draw_drift, draw_metrics, render_page


def look(day, version, auc, distance, bar=0.8):
    missed = [Failure("Overall", "auc", auc, bar)] if auc < bar else []
    metrics = [Estimate("Overall", "auc", auc, auc - 0.02, auc + 0.02), Estimate("a=1", "auc", 0.5)]
    strayed = [Strayed("fare", distance, 0.3), Strayed("<b>", 0.1, 0.3), Strayed("prediction", None, None)]
    at = f"2026-11-{day:02}T03:00:00+00:00"
    return Look(
        at,
        version,
        "new.csv",
        1000,
        900,
        metrics,
        {"Overall": {"auc": 0.92}},
        {"auc": {"min": bar}},
        missed,
        strayed=strayed,
    )


@pytest.fixture
def looks():
    return [each.as_data() for each in (look(1, 1, 0.9, 0.1), look(2, 1, 0.7, 0.4), look(3, 2, 0.95, 0.05))]


def test_a_metric_with_a_bar_is_drawn_over_time(looks):
    [chart] = draw_metrics(looks)
    assert (chart.name, [dot.x for dot in chart.dots]) == ("auc", [EDGE, WIDTH / 2, WIDTH - EDGE])
    assert [dot.point.bad for dot in chart.dots] == [False, True, False]
    first, worst, best = chart.dots
    assert best.high < best.y < first.y < chart.limits["min 0.8"] < worst.y < worst.low < HEIGHT
    assert first.y > chart.limits["when published 0.9200"] > best.y
    assert chart.changes == {1: (first.x, "2026-11-01"), 2: (best.x, "2026-11-03")}


def test_columns_are_drawn_that_were_too_far_once(looks):
    [chart] = [chart for chart in draw_drift(looks) if chart.name.startswith("fare")]
    assert [dot.point.bad for dot in chart.dots] == [False, True, False]
    assert chart.dots[1].y < chart.limits["limit 0.3"] < chart.dots[0].y


def test_looks_without_labels_have_no_metrics(looks):
    assert draw_metrics([{**each, "metrics": [], "bar": {}} for each in looks]) == []


def test_the_page_is_whole_and_escapes_what_it_is_told(looks):
    page = render_page("trips", looks)
    assert "Version 2 reaches its bar" in page
    assert "<b>" not in page
    assert "auc (Overall) is 0.7000, below 0.8" in page
    assert "fare 0.40" in page
    assert "http:" not in page and "https:" not in page
    for drawn in page.split("<svg")[1:]:
        ElementTree.fromstring(f"<svg{drawn.partition('</svg>')[0]}</svg>")


def test_a_single_look_is_drawn(looks):
    page = render_page("trips", looks[1:2])
    assert "Version 1 is below its bar" in page
    assert page.count("<circle") == 2
