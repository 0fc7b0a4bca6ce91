"""What is told of each epoch of a training, by the kind of label."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from configs.schema.training import TrainingMetric
from trainer.labels import HEADS, share_out

Make = Callable[[str, bool], keras.metrics.Metric]  # its name; whether the model answers with margins


class Rounded:
    """A metric of classes that takes a share of a class for the class where it is more than half."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        classes = keras.ops.cast(keras.ops.cast(y_true, "float32") > 0.5, "float32")
        return super().update_state(classes, y_pred, sample_weight)  # type: ignore[misc]


class Auc(Rounded, keras.metrics.AUC):
    """The area under a curve."""


class Accuracy(Rounded, keras.metrics.BinaryAccuracy):
    """The share of classes, of two, that are right."""


class Precision(Rounded, keras.metrics.Precision):
    """The share of what is said to be of a class that is."""


class Recall(Rounded, keras.metrics.Recall):
    """The share of a class that is said to be of it."""


def hit(y_true: Any, y_pred: Any) -> Any:
    """Returns 1 for each row whose likeliest class is the one with the largest share, else 0, [batch]."""
    shares = share_out(keras.ops.convert_to_tensor(y_true), y_pred.shape[-1])
    return keras.ops.cast(keras.ops.equal(keras.ops.argmax(shares, -1), keras.ops.argmax(y_pred, -1)), "float32")


_CLASSES: dict[TrainingMetric, Make] = {
    "auc": lambda name, margin: Auc(name=name, from_logits=margin),
    "auc_pr": lambda name, margin: Auc(name=name, curve="PR", from_logits=margin),
    "accuracy": lambda name, margin: Accuracy(name=name, threshold=_border(margin)),
    "precision": lambda name, margin: Precision(name=name, thresholds=_border(margin)),
    "recall": lambda name, margin: Recall(name=name, thresholds=_border(margin)),
}
METRICS: dict[str, dict[TrainingMetric, Make]] = {
    "binary": _CLASSES,
    "multiclass": {"accuracy": lambda name, margin: keras.metrics.MeanMetricWrapper(hit, name=name)},
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
