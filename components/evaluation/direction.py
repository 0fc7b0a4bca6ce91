"""Which way a metric is better, and which one counts: known without NumPy, for who only reads what was measured."""

from collections.abc import Iterable

from configs.schema.evaluation import MAIN, Metric
from configs.schema.label import Label

COSTS = ("log_loss", "rmse", "mae", "pinball")  # of which less is better
TARGETS = ("calibration", "coverage")  # of which neither less nor more is better
COUNT = "example_count"  # of rows, whatever they weigh


def choose_metric(thresholds: Iterable[Metric], label: Label) -> Metric:
    """Returns the metric that counts: the first with a threshold of which more, or less, is better."""
    return next(name for name in (*thresholds, *MAIN) if name not in TARGETS and name in label.metrics)


def gain(metric: str, value: float) -> float:
    """Returns a metric as more of it is better."""
    return -value if metric in COSTS else value
