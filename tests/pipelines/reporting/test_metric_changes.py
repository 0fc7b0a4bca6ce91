import pytest

from pipelines.reporting.metric_changes import judge_change, list_changes

SAME = "no difference that these rows show"


@pytest.mark.parametrize(
    ("metric", "ends", "verdict"),
    [
        ("auc", (0.001, 0.02), "better"),
        ("auc", (-0.02, -0.001), "worse"),
        ("auc", (-0.001, 0.02), SAME),
        ("auc", (0.0, 0.0), SAME),
        ("rmse", (0.001, 0.02), "worse"),
        ("rmse", (-0.02, -0.001), "better"),
        ("calibration", (0.01, 0.02), "higher"),
        ("calibration", (-0.02, -0.01), "lower"),
        ("auc", None, "not known"),
    ],
)
def test_better_is_said_only_where_the_interval_says_so(metric, ends, verdict):
    assert judge_change(metric, ends) == verdict


def test_lists_what_both_models_have_over_all_rows():
    item = {"slice": "Overall", "metric": "auc", "candidate": 0.9, "baseline": 0.8, "change": [0.05, 0.15]}
    others = [{"slice": "hour=1"}, {"metric": "example_count"}, {"baseline": None}]
    [change] = list_changes([item, *(item | other for other in others)])
    assert (change.metric, change.before, change.now, change.verdict) == ("auc", 0.8, 0.9, "better")
    assert change.change == pytest.approx(0.1)
    older = {key: value for key, value in item.items() if key != "change"}
    assert list_changes([older])[0].verdict == "not known"
