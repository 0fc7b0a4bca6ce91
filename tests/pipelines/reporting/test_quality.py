import re

import pytest

from components.evaluation.quality import DESCRIBED
from pipelines.reporting.html_report import template
from pipelines.reporting.quality import draw_calibration, draw_errors, draw_points, draw_quality
from tests.components.evaluation.test_eval_config import LABELS
from tests.components.evaluation.test_quality import described


def test_dots_lie_where_the_figures_say():
    square = draw_calibration(
        [{"score": 0.25, "share": 0.5, "rows": 10.0}, {"score": 0.75, "share": 1.0, "rows": 40.0}]
    )
    assert [(point.x, point.y) for point in square.points] == [(25, 50), (75, 0)]
    assert square.points[1].radius > square.points[0].radius
    assert square.points[1].tip == "scores about 0.750: 1.000 of 40 rows"
    actual = draw_points([[0, 10], [10, 5]])
    assert actual.ends == ("0", "10")
    assert [(point.x, point.y) for point in actual.points] == [(0, 0), (100, 50)]
    assert draw_points([]) is None


def test_errors_are_bars():
    drawn = draw_errors({"edges": [-1.0, 0.0, 1.0], "rows": [5.0, 20.0], "median": 0.25})
    [(_, bars)] = drawn.groups
    assert bars == [(25, "-1 to 0: 5 rows"), (100, "0 to 1: 20 rows")]
    assert drawn.labels == ("-1", "0", "1")


@pytest.mark.parametrize("kind", LABELS)
def test_every_kind_of_label_is_drawn_with_all_its_rows(kind):
    rows, told = described(kind)
    assert DESCRIBED[LABELS[kind]["kind"]]
    module = template("quality.html").make_module()
    html = str(module.draw(draw_quality(told)))
    counted = [float(count.replace(",", "")) for count in re.findall(r": ([\d,]+) rows?</title></rect>", html)]
    assert sum(counted) == len(rows.weights) * (rows.labels.shape[1])
    assert ("quantile<" in html) == (kind == "quantiles")
    assert ("F1" in html) == (kind == "multilabel")
    assert draw_quality(None) is None
