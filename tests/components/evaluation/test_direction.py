"""Which way a metric is better, and which one counts."""

import subprocess
import sys

from components.evaluation.direction import choose_metric, gain
from configs.schema.label import Label


def test_less_of_a_cost_is_more_of_a_gain() -> None:
    assert (gain("rmse", 2.0), gain("auc", 0.9)) == (-2.0, 0.9)


def test_the_metric_that_counts_is_the_first_with_a_threshold_that_has_a_better_way() -> None:
    label = Label(name="tipped", kind="binary")
    assert choose_metric(["calibration", "log_loss", "auc"], label) == "log_loss"
    assert choose_metric(["calibration"], label) == "auc"


def test_what_ends_a_run_needs_no_numpy() -> None:
    told = "import sys, pipelines.execution.finalize; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "False\n"
