"""What watches a training from step to step."""

import logging
import math
from pathlib import Path
from typing import Any

import keras

from configs.errors import MillraceError
from configs.schema.training import Training

PROGRESS = logging.getLogger("millrace.progress")


class Progress(keras.callbacks.Callback):
    """Reports the steps and the loss; ends a training after its `steps`, and at once when the loss is not finite."""

    def __init__(self, training: Training, epoch_steps: int, begun: int = 0, every: int = 10) -> None:
        super().__init__()
        self.training, self.epoch_steps, self.begun, self.every = training, epoch_steps, begun, every
        self.epoch = self.steps = self.before = 0
        self.loss: float | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self.begun > self.steps:
            PROGRESS.info("going on from step %d", self.begun)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch, self.before = epoch + 1, max(epoch * self.epoch_steps, self.begun)
        self.steps = self.before

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        told = self.steps // self.every
        self.steps = self.before + batch + 1
        loss = float((logs or {})["loss"])
        self.require_finite("loss", loss)
        self.loss = loss
        if self.steps // self.every > told:
            PROGRESS.info("%s, loss %.4f", self.describe(), loss)
        if self.training.steps and self.steps >= self.training.steps:
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


class Board(keras.callbacks.TensorBoard):
    """TensorBoard's logs of each epoch. What Keras makes for them of each step it then writes nowhere."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, write_graph=False)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None: ...

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None: ...
