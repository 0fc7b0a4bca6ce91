"""Training: compile and fit, once for every family."""

import logging
import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from configs.errors import MillraceError
from configs.training import Optimizer, Training
from trainer.labels import HEADS, adapt

PROGRESS = logging.getLogger("millrace.progress")
LABEL, WEIGHT = 1, 2  # where a batch holds them
OPTIMIZERS: dict[str, type[keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "adagrad": keras.optimizers.Adagrad,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def fit(
    model: keras.Model, train: tf.data.Dataset, evaluation: tf.data.Dataset, training: Training, label_kind: str
) -> dict[str, list[float]]:
    """Trains the model in place and returns Keras's history: a list with one figure an epoch, by name.

    The loss of a number is in parts of its variance: 1 is what its mean alone would reach.
    Raises MillraceError as soon as the loss, or that of the eval split, is no longer a finite number.
    """
    head, unit = HEADS[label_kind], 1.0
    if label_kind == "regression":
        mean, spread = measure(train, LABEL)
        adapt(model, mean, spread or 1.0)
        unit = spread**2 or 1.0
    if len(train.element_spec) > WEIGHT:
        unit *= measure(train, WEIGHT)[0] or 1.0
    model.compile(
        optimizer=optimizer(training.optimizer),
        loss=head.loss,
        loss_weights=1 / unit,  # so that no learning rate depends on what the label and the weights are measured in
        weighted_metrics=head.metrics(),
    )
    callbacks = [Progress(training)]
    if training.early_stopping:
        callbacks.append(
            keras.callbacks.EarlyStopping(patience=training.early_stopping.patience, restore_best_weights=True)
        )
    epochs = training.steps or training.epochs  # an epoch has a step at least
    return model.fit(
        train, validation_data=evaluation, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0
    ).history


def measure(rows: tf.data.Dataset, part: int) -> tuple[float, float]:
    """Returns the mean and the standard deviation of one part of the batches: of the labels, or of the weights."""
    values = np.concatenate(list(rows.map(lambda *parts: parts[part]).as_numpy_iterator())).astype("float64")
    return float(values.mean()), float(values.std())


def optimizer(options: Optimizer) -> keras.optimizers.Optimizer:
    """Returns the Keras optimizer that the config names."""
    return OPTIMIZERS[options.name](learning_rate=options.learning_rate)


class Progress(keras.callbacks.Callback):
    """Reports the steps and the loss; ends a training after its `steps`, and at once when the loss is not finite."""

    def __init__(self, training: Training, every: int = 10) -> None:
        super().__init__()
        self.training, self.every = training, every
        self.epoch, self.steps = 0, 0
        self.loss: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.steps += 1
        loss = float((logs or {})["loss"])
        self.require_finite("loss", loss)
        self.loss = loss
        if self.steps % self.every == 0:
            PROGRESS.info("%s, loss %.4f", self.describe(), loss)
        if self.steps == self.training.steps:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.require_finite("eval loss", float((logs or {})["val_loss"]))

    def describe(self) -> str:
        """Returns how far the training is."""
        if self.training.steps:
            return f"step {self.steps} of {self.training.steps}"
        return f"epoch {self.epoch} of {self.training.epochs}, step {self.steps}"

    def require_finite(self, name: str, loss: float) -> None:
        """Raises MillraceError, with the step and the last finite loss of training, when a loss is not finite."""
        if not math.isfinite(loss):
            raise MillraceError(
                f"The {name} became {loss} at step {self.steps}; "
                + ("it was never finite." if self.loss is None else f"the last finite loss was {self.loss:.4g}."),
                where="Trainer",
                remedy="Lower training.optimizer.learning_rate, or look for extreme values in the numeric features.",
            )
