"""What is told of each epoch of a training, by the kind of label."""

from collections.abc import Callable, Sequence

import keras

from configs.schema.training import TrainingMetric
from trainer.labels import HEADS

Make = Callable[[str, bool], keras.metrics.Metric]  # its name; whether the model answers with margins

_CLASSES: dict[TrainingMetric, Make] = {
    "auc": lambda name, margin: keras.metrics.AUC(name=name, from_logits=margin),
    "auc_pr": lambda name, margin: keras.metrics.AUC(name=name, curve="PR", from_logits=margin),
    "accuracy": lambda name, margin: keras.metrics.BinaryAccuracy(name=name, threshold=_border(margin)),
    "precision": lambda name, margin: keras.metrics.Precision(name=name, thresholds=_border(margin)),
    "recall": lambda name, margin: keras.metrics.Recall(name=name, thresholds=_border(margin)),
}
METRICS: dict[str, dict[TrainingMetric, Make]] = {
    "binary": _CLASSES,
    "multiclass": {"accuracy": lambda name, margin: keras.metrics.SparseCategoricalAccuracy(name=name)},
    "multilabel": _CLASSES,
    "regression": {
        "rmse": lambda name, margin: keras.metrics.RootMeanSquaredError(name=name),
        "mae": lambda name, margin: keras.metrics.MeanAbsoluteError(name=name),
        "r2": lambda name, margin: keras.metrics.R2Score(name=name),
    },
}


def metrics(names: Sequence[TrainingMetric] | None, kind: str, margin: bool) -> list[keras.metrics.Metric]:
    """Returns the metrics that are named, else those that a label of this kind has by default."""
    chosen = HEADS[kind].metrics if names is None else names
    return [METRICS[kind][name](name, margin) for name in chosen]


def _border(margin: bool) -> float:
    return 0.0 if margin else 0.5
