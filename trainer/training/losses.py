"""The losses, each once."""

from collections.abc import Callable, Sequence

import keras

from configs.schema.training import Loss
from trainer.labels import HEADS, OUTPUT, share_out

POWERS = {"mse": 2, "huber": 2, "mae": 1, "pinball": 1}  # of the label's unit


def loss(options: Loss | None, kind: str, spread: float) -> tuple[keras.losses.Loss, float]:
    """Returns the loss for a label of this kind, and its unit: what it is divided by to be the same in any unit.

    `spread` is the standard deviation of a number, 1 for classes.
    """
    chosen = options or Loss(name=HEADS[kind].loss)
    return LOSSES[chosen.name](chosen, kind, spread), spread ** POWERS.get(chosen.name, 0)


def takes_margin(options: Loss | None) -> bool:
    """Whether the loss judges what lies before the sigmoid: the distance from the border between the classes."""
    return options is not None and options.name == "hinge"


def margins(model: keras.Model) -> keras.Model:
    """Returns the model without its sigmoid, of the same weights: it is trained, and the whole of it is served."""
    return keras.Model(model.input, model.get_layer(OUTPUT).input)


@keras.saving.register_keras_serializable("millrace")
class ClassCrossentropy(keras.losses.Loss):
    """The cross-entropy of several classes: a row has the id of one, or a share of each.

    What smoothing says is left to all classes alike.
    """

    def __init__(self, smoothing: float) -> None:
        super().__init__(name="class_crossentropy")
        self.smoothing = smoothing

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        shares = share_out(y_true, y_pred.shape[-1])
        return keras.losses.categorical_crossentropy(shares, y_pred, label_smoothing=self.smoothing)


@keras.saving.register_keras_serializable("millrace")
class Pinball(keras.losses.Loss):
    """The mean over quantiles of what an error costs: q where the label lies above, 1 - q below (Koenker, 1978)."""

    def __init__(self, quantiles: Sequence[float]) -> None:
        super().__init__(name="pinball")
        self.quantiles = tuple(quantiles)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        errors = keras.ops.cast(y_true, y_pred.dtype) - y_pred
        shares = keras.ops.convert_to_tensor([self.quantiles], y_pred.dtype)
        return keras.ops.mean(keras.ops.maximum(shares * errors, (shares - 1) * errors), axis=-1)


def _cross_entropy(options: Loss, kind: str, spread: float) -> keras.losses.Loss:
    smoothing = options.label_smoothing or 0.0
    if kind == "multiclass":
        return ClassCrossentropy(smoothing)
    return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)


LOSSES: dict[str, Callable[[Loss, str, float], keras.losses.Loss]] = {
    "cross_entropy": _cross_entropy,
    "hinge": lambda options, kind, spread: keras.losses.Hinge(),
    "mse": lambda options, kind, spread: keras.losses.MeanSquaredError(),
    "mae": lambda options, kind, spread: keras.losses.MeanAbsoluteError(),
    "pinball": lambda options, kind, spread: Pinball(options.quantiles or (0.5,)),
    "huber": lambda options, kind, spread: keras.losses.Huber(delta=(options.delta or 1.0) * spread),
}
