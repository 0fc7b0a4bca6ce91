"""What a look holds of its bar; test_inspection.py takes looks."""

import pytest

from components.evaluation.tally import Estimate
from configs.schema.evaluation import Threshold
from pipelines.monitoring.look import list_bars, list_missed

THRESHOLDS = {"auc": Threshold(min=0.8, max_drop=0.01), "log_loss": Threshold(max=0.5), "f1": Threshold(max_drop=0.1)}


def test_the_bar_is_what_a_metric_has_to_reach_by_itself():
    assert list_bars(THRESHOLDS) == {"auc": {"min": 0.8}, "log_loss": {"max": 0.5}}


@pytest.mark.parametrize(
    ("auc", "loss", "expected"),
    [
        (0.8, 0.5, []),
        (0.79, 0.5, ["auc (Overall) is 0.7900, below 0.8"]),
        (0.9, 0.6, ["log_loss (Overall) is 0.6000, above 0.5"]),
    ],
)
def test_all_rows_together_are_held_against_it(auc, loss, expected):
    metrics = [Estimate("Overall", "auc", auc), Estimate("Overall", "log_loss", loss), Estimate("a=1", "auc", 0.1)]
    assert [str(missed) for missed in list_missed(THRESHOLDS, metrics)] == expected


def test_what_the_rows_do_not_tell_is_not_reached():
    [missed] = list_missed({"auc": Threshold(min=0.8)}, [Estimate("Overall", "accuracy", 1.0)])
    assert str(missed) == "auc (Overall): the rows do not tell it"
