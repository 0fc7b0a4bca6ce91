"""The label kinds, each once: the output layer, the usual loss, and what training usually reports."""

from dataclasses import dataclass

import keras

from configs.schema.config import Label
from configs.schema.training import LossName, TrainingMetric


@dataclass(frozen=True)
class Head:
    """How a model ends for one kind of label; and the loss and the metrics of its training, unless others are named."""

    activation: str
    loss: LossName
    metrics: tuple[TrainingMetric, ...]


OUTPUT = "prediction"
HEADS: dict[str, Head] = {
    "binary": Head("sigmoid", "cross_entropy", ("auc",)),
    "multiclass": Head("softmax", "cross_entropy", ("accuracy",)),
    "multilabel": Head("sigmoid", "cross_entropy", ("auc",)),
    "regression": Head("linear", "mse", ("rmse",)),
}


def count_units(label: Label) -> int:
    """Returns the width of the model's answer: one for each class of several, and for each quantile, else one."""
    if label.quantiles:
        return len(label.quantiles)
    return len(label.values) if label.kind in ("multiclass", "multilabel") else 1


def share_out(label: keras.KerasTensor, units: int) -> keras.KerasTensor:
    """Returns the share of each class in a row, float32 [batch, units], of the id of its class, or of such shares."""
    if label.shape[-1] != 1:
        return label
    return keras.ops.one_hot(keras.ops.squeeze(keras.ops.cast(label, "int32"), -1), units)


def predict(logits: keras.KerasTensor, label: Label) -> keras.KerasTensor:
    """Returns the prediction, float32 [batch, units]: probabilities for classes, a number in the label's unit.

    A number is what the network says times the label's spread plus its mean, once `adapt` has set them: the network
    works on a scale of its own, and every consumer on the label's. Quantiles are sorted, so that none crosses another
    (Chernozhukov, Fernandez-Val and Galichon, 2010).
    """
    if label.quantiles:
        logits = keras.ops.sort(logits, axis=-1)
    if label.kind == "regression":
        return keras.layers.Rescaling(1.0, dtype="float32", name=OUTPUT)(logits)
    return keras.layers.Activation(HEADS[label.kind].activation, dtype="float32", name=OUTPUT)(logits)


def adapt(model: keras.Model, mean: float, spread: float) -> None:
    """Makes a model of a number answer in the label's unit; before its first training, and saved with it."""
    layer = model.get_layer(OUTPUT)
    layer.offset, layer.scale = mean, spread
