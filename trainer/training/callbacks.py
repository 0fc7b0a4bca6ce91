"""What watches a training from step to step."""

import math
import time
from pathlib import Path
from typing import Any

import keras

from configs.errors import MillraceError
from configs.progress import LANDMARK, PROGRESS, spell_duration
from configs.schema.training import Training

WARM = 1.0  # seconds of training, from which its pace is known


class Progress(keras.callbacks.Callback):
    """Reports steps, losses and the time left; ends a training after its `steps`, and when a loss is not finite."""

    def __init__(self, training: Training, epoch_steps: int, begun: int = 0, every: int = 10) -> None:
        super().__init__()
        self.training, self.epoch_steps, self.begun, self.every = training, epoch_steps, begun, every
        self.epoch = self.steps = self.before = 0
        self.total = training.steps or training.epochs * epoch_steps
        self.loss: float | None = None
        self.eval_loss: float | None = None
        self.start: tuple[int, float] | None = None  # the step that was done first, and when

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self.begun > self.steps:
            PROGRESS.log(LANDMARK, "going on from step %d", self.begun)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch, self.before = epoch + 1, max(epoch * self.epoch_steps, self.begun)
        self.steps = self.before

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        told = self.steps // self.every
        self.steps = self.before + batch + 1
        loss = float((logs or {})["loss"])
        self.require_finite("loss", loss)
        self.loss = loss
        self.start = self.start or (self.steps, time.monotonic())
        if self.steps // self.every > told:
            PROGRESS.info("%s", self.describe())
        if self.training.steps and self.steps >= self.training.steps:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.eval_loss = float((logs or {})["val_loss"])
        self.require_finite("eval loss", self.eval_loss)

    def describe(self) -> str:
        """Returns how far the training is."""
        epoch = [] if self.training.steps else [f"epoch {self.epoch} of {self.training.epochs}"]
        losses = {"loss": self.loss, "eval loss": self.eval_loss}
        told = [f"{name} {loss:.4f}" for name, loss in losses.items() if loss is not None]
        return ", ".join([*epoch, f"step {self.steps:,} of {self.total:,}", *told, *self.measure_rest()])

    def measure_rest(self) -> list[str]:
        """Returns how long it takes at this pace, evaluations included, to the last step; nothing in the beginning."""
        first, begun = self.start or (self.steps, 0.0)
        spent = time.monotonic() - begun
        if self.steps <= first or spent < WARM:
            return []
        limit = "at most " if self.training.early_stopping else ""
        return [f"{limit}{spell_duration(spent * (self.total - self.steps) / (self.steps - first))} left"]

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
