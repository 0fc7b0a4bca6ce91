"""A chart puts each value at its height, and leaves out what has none."""

import math

import pytest

from pipelines.reporting import charts


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        ([0.2, 0.4], (0.2, 0.4, 0.05)),
        ([0.82, 0.99], (0.8, 1.0, 0.05)),
        ([-3.0, 12.0], (-5.0, 15.0, 5.0)),
        ([0.0, 1e9], (0.0, 1e9, 2e8)),
        ([7.0], (6.0, 8.0, 0.5)),
        ([0.0, 0.0], (-0.6, 0.6, 0.2)),
        ([], (0.0, 1.0, 0.2)),
    ],
)
def test_an_axis_ends_on_round_numbers(values, axis):
    assert charts.scale(values) == pytest.approx(axis)


def test_values_lie_at_their_heights_and_neighbours_are_joined():
    drawn = charts.chart(("epoch", "loss"), ["1", "2"], {"train": [0.4, 0.0], "eval": [0.3, 0.1]})
    assert drawn.ticks == ["0.4", "0.3", "0.2", "0.1", "0"]
    train, against = drawn.series
    assert [(dot.x, dot.y, dot.tip) for dot in train.dots] == [
        (25, 0, "1, train: 0.4000"),
        (75, 100, "2, train: 0.0000"),
    ]
    assert [dot.y for dot in against.dots] == pytest.approx([25, 75])
    assert train.lines == [(train.dots[0], train.dots[1])]
    assert drawn.line is None


def test_what_is_no_number_is_left_out_and_parts_the_line():
    drawn = charts.chart(("epoch", "loss"), list("1234"), {"train": [1.0, 2.0, math.nan, 3.0], "eval": [None] * 4})
    train, against = drawn.series
    assert [dot.tip[0] for dot in train.dots] == ["1", "2", "4"]
    assert len(train.lines) == 1
    assert against.dots == []


def test_a_dot_has_an_area_by_its_rows_and_a_line_goes_across():
    drawn = charts.chart(("hour", "auc"), ["a", "b"], {"candidate": [0.5, 1.0]}, rows=[25, 100], line=0.75)
    [series] = drawn.series
    assert [dot.radius for dot in series.dots] == [charts.SMALL + charts.MORE / 2, charts.SMALL + charts.MORE]
    assert series.dots[0].tip == "a, candidate: 0.5000, 25 rows"
    assert series.lines == []
    assert drawn.line == pytest.approx(50)


def test_labels_stand_side_by_side_on_a_telephone():
    few, many = ([(float(x), str(x)) for x in range(count)] for count in (5, 500))
    assert charts.thin(few) == few
    thinned = charts.thin(many)
    assert len(thinned) * 4 * charts.LETTER <= charts.NARROWEST + 4 * charts.LETTER
    assert charts.thin([(0.0, "a very long value of a column")]) == [(0.0, "a very long…")]
    assert charts.thin([]) == []
