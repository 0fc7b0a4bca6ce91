"""The label kinds, each once: its output layer, its loss, and what training reports of it."""

from collections.abc import Callable
from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class Head:
    """How a model ends for one kind of label."""

    units: int
    activation: str
    loss: str
    metrics: Callable[[], list[keras.metrics.Metric]]


HEADS: dict[str, Head] = {
    "binary": Head(1, "sigmoid", "binary_crossentropy", lambda: [keras.metrics.AUC(name="auc")]),
}


def predict(logits: keras.KerasTensor, kind: str) -> keras.KerasTensor:
    """Returns the prediction, float32 [batch, units], that the logits of the same shape stand for."""
    return keras.layers.Activation(HEADS[kind].activation, dtype="float32", name="prediction")(logits)
