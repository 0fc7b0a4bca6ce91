"""A trial is a line over the axes of what was varied; the best lies above the others."""

import pytest

from pipelines.reporting.trials import lay_trials, place


def trial(name, score, **values):
    return {"trial": name, "score": score, "values": values}


TRIALS = [
    trial("0", 0.5, rate=0.1, units=[8]),
    trial("1", 0.9, rate=0.001, units=[16]),
    trial("2", None, rate=9.0, units=[8]),
    trial("3", 0.7, rate=0.01, units=[8]),
]


def test_each_trial_with_a_score_is_a_line():
    found = lay_trials({"trials": TRIALS, "best": "1", "objective": "auc"})
    assert [(axis.name, axis.low, axis.high) for axis in found.axes] == [
        ("rate", "0.001", "0.1"),
        ("units", "[16]", "[8]"),
        ("auc", "0.5", "0.9"),
    ]
    assert [trial.tip for trial in found.trials] == [
        "rate 0.1, units [8], auc 0.5",
        "rate 0.01, units [8], auc 0.7",
        "rate 0.001, units [16], auc 0.9",
    ]
    assert [trial.best for trial in found.trials] == [False, False, True]
    heights = [round(y) for _, y in found.trials[1].points]
    assert heights == [50, 0, 50]  # a rate amid two decades, the last of two, a score amid both others


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([1, 3, 2], [0, 1, 0.5]),
        ([1, 100, 10], [0, 1, 0.5]),
        ([0, 100, 50], [0, 1, 0.5]),
        ([5, 5], [0.5, 0.5]),
        (["b", "a"], [1, 0]),
        ([True, False], [1, 0]),
        ([None, 2], [1, 0]),
    ],
)
def test_where_a_value_lies(values, places):
    assert place(values) == pytest.approx(places)


def test_what_is_no_search_is_not_drawn():
    assert lay_trials(None) is None
    assert lay_trials({"trials": TRIALS[:1], "best": "0", "objective": "auc"}) is None
