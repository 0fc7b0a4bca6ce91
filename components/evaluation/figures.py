"""The metrics by name, each as the sums that it is made of: what the Evaluator measures, without TFMA."""

from typing import Any

from components.evaluation import sums
from configs.schema.evaluation import Metric
from configs.schema.label import Label

FIGURES: dict[Metric, type[sums.Sums]] = {
    "auc": sums.Area,
    "auc_pr": sums.PrecisionArea,
    "accuracy": sums.Accuracy,
    "precision": sums.Precision,
    "recall": sums.Recall,
    "f1": sums.F1,
    "macro_f1": sums.Hits,
    "calibration": sums.Totals,
    "log_loss": sums.LogLoss,
    "rmse": sums.SquaredError,
    "mae": sums.AbsoluteError,
    "r2": sums.Moments,
    "pinball": sums.PinballLoss,
    "coverage": sums.Coverage,
}
SHARES = ("auc", "auc_pr", "accuracy", "precision", "recall", "f1", "macro_f1", "coverage")  # between 0 and 1


def choose_figures(label: Label) -> dict[str, sums.Sums]:
    """Returns the metrics of a label's kind by name, in the order in which they are told."""
    return {name: FIGURES[name](**choose_options(name, label)) for name in label.metrics}


def choose_options(name: str, label: Label) -> dict[str, Any]:
    """Returns what a metric has to know of the label."""
    own = {"offset": label.offset} if label.offset else {}
    return own | {"quantiles": label.quantiles} if name == "pinball" else own
