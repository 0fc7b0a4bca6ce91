"""Training: compile and fit, once for every family."""

import logging
import math
from typing import Any

import keras
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema import Optimizer, Training
from trainer.labels import HEADS

PROGRESS = logging.getLogger("millrace.progress")
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

    Raises MillraceError as soon as the loss, or that of the eval split, is no longer a finite number.
    """
    head = HEADS[label_kind]
    model.compile(optimizer=optimizer(training.optimizer), loss=head.loss, metrics=head.metrics())
    callbacks = [Progress(training.epochs)]
    if training.early_stopping:
        callbacks.append(
            keras.callbacks.EarlyStopping(patience=training.early_stopping.patience, restore_best_weights=True)
        )
    return model.fit(
        train, validation_data=evaluation, epochs=training.epochs, callbacks=callbacks, shuffle=False, verbose=0
    ).history


def optimizer(options: Optimizer) -> keras.optimizers.Optimizer:
    """Returns the Keras optimizer that the config names."""
    return OPTIMIZERS[options.name](learning_rate=options.learning_rate)


class Progress(keras.callbacks.Callback):
    """Reports the steps and the loss, and stops a training whose loss is not finite."""

    def __init__(self, epochs: int, every: int = 10) -> None:
        super().__init__()
        self.epochs, self.every = epochs, every
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
            PROGRESS.info("epoch %d of %d, step %d, loss %.4f", self.epoch, self.epochs, self.steps, loss)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.require_finite("eval loss", float((logs or {})["val_loss"]))

    def require_finite(self, name: str, loss: float) -> None:
        """Raises MillraceError, with the step and the last finite loss of training, when a loss is not finite."""
        if not math.isfinite(loss):
            raise MillraceError(
                f"The {name} became {loss} at step {self.steps}; "
                + ("it was never finite." if self.loss is None else f"the last finite loss was {self.loss:.4g}."),
                where="Trainer",
                remedy="Lower training.optimizer.learning_rate, or look for extreme values in the numeric features.",
            )
