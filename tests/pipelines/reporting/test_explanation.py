import pytest

from configs.schema.label import Label
from pipelines.reporting.explanation import draw_bars, draw_dependence, explain

FOUND = [
    {"feature": "fare", "mean": 0.3, "spread": 0.1, "repeats": 5},
    {"feature": "noise", "mean": -0.05, "spread": 0.05, "repeats": 4},
]


def test_all_bars_have_one_axis_on_which_zero_has_its_place():
    fare, noise = draw_bars(FOUND)
    assert fare.ends == pytest.approx((20, 80))
    assert (fare.low, fare.high) == pytest.approx((60, 100))
    assert noise.ends == pytest.approx((10, 20))
    assert (noise.low, noise.high) == pytest.approx((0, 20))


@pytest.mark.parametrize(
    ("label", "answers", "series"),
    [
        ({"kind": "binary", "classes": ["no", "yes"]}, [[0.25], [0.5]], {"tip = yes": [0.25, 0.5]}),
        ({"kind": "regression"}, [[1.0], [2.0]], {"prediction": [1.0, 2.0]}),
        ({"kind": "regression", "quantiles": [0.1, 0.5, 0.9]}, [[0, 1, 2], [1, 2, 3]], {"prediction": [1, 2]}),
        (
            {"kind": "multiclass", "classes": ["a", "b", "c", "d"]},
            [[0.5, 0.25, 0.0, 0.25], [0.25, 0.25, 0.125, 0.375]],
            {"tip = a": [0.5, 0.25], "tip = c": [0.0, 0.125], "tip = d": [0.25, 0.375]},
        ),
    ],
)
def test_a_line_for_the_number_or_for_each_class_that_is_moved_most(label, answers, series):
    item = {"feature": "fare", "values": [0.125, 12.0], "answers": answers}
    drawn = draw_dependence(item, Label.model_validate({"name": "tip"} | label, strict=False))
    assert {
        line.name: [float(dot.tip.rpartition(" ")[2]) for dot in line.dots] for line in drawn.series
    } == pytest.approx({name: pytest.approx(values) for name, values in series.items()})
    assert [text for _, text in drawn.labels] == ["0.125", "12"]


@pytest.mark.parametrize(("values", "joined"), [(["Blue", "Red"], 0), ([1.0, 2.0], 1)])
def test_between_two_categories_lies_nothing(values, joined):
    item = {"feature": "company", "values": values, "answers": [[0.25], [0.5]]}
    told = {"metric": "auc", "rows": 10, "seconds": 5.0, "left_out": 0, "importance": FOUND, "dependence": [item]}
    [drawn] = explain(told, Label(name="tip", kind="binary")).charts
    assert [(len(series.dots), len(series.lines)) for series in drawn.series] == [(2, joined)]


def test_nothing_told_is_nothing_drawn():
    told = {"metric": "auc", "rows": 10, "seconds": 5.0, "left_out": 0, "importance": [], "dependence": []}
    label = Label(name="tip", kind="binary")
    assert explain(None, label) is None
    assert explain(told, label) is None
    assert len(explain(told | {"importance": FOUND}, label).bars) == 2
