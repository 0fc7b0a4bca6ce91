"""The state of a training, kept every so many steps, so that one that was killed goes on where it was."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

WATCHED = (
    "best",
    "wait",
    "best_epoch",
    "stopped_epoch",
    "cooldown_counter",
    "epoch",
    "history",
)  # what callbacks learn


@dataclass(frozen=True)
class State:
    """All that decides how a training goes on after a step: what the model, its optimizer and its callbacks hold.

    The variables are the weights, the seeds of layers, the optimizer's, and those of the metrics, in Keras's order.
    """

    step: int = 0
    variables: Sequence[np.ndarray] = ()
    metrics: Sequence[np.ndarray] = ()
    best: Sequence[np.ndarray] = ()  # the weights that early stopping would put back
    callbacks: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


class Checkpoint(keras.callbacks.Callback):
    """Keeps a state every so many steps, and puts back the one that it finds as a training begins.

    Last of the callbacks, of which it watches the `others`: they forget as a training begins. Without a file nothing
    is kept. `begun` is the step that it went on from. Of workers that share a training all gather the state, and only
    one `writes` it.
    """

    def __init__(self, path: Path | None = None, every: int = 1, writes: bool = True) -> None:
        super().__init__()
        self.path, self.every, self.writes = path, every, writes
        self.state = read_state(path) if path and path.exists() else State()
        self.begun = self.step = self.state.step
        self.others: Sequence[keras.callbacks.Callback] = ()
        self.epoch_steps = 1

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self.state.step:
            return
        _assign(_variables(self.model), self.state.variables)
        for callback, learnt in zip(self.others, self.state.callbacks, strict=True):
            vars(callback).update(learnt)
            if isinstance(callback, keras.callbacks.EarlyStopping) and self.state.best:
                callback.best_weights = list(self.state.best)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.step > epoch * self.epoch_steps:  # amid an epoch, whose figures go on
            _assign(self.model.metrics_variables, self.state.metrics)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        before, self.step = self.step, self.step + self.model.steps_per_execution
        if self.step // self.every > before // self.every and self.step % self.epoch_steps:
            self.keep()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.model.stop_training:
            return
        due = self.step // self.every > (self.step - self.model.steps_per_execution) // self.every
        if self.begun % self.epoch_steps and self.step - self.begun < self.epoch_steps:
            self.state = self.capture()  # the epoch that was cut short is whole: the others are trained next
        if due:
            self.keep()

    def keep(self) -> None:
        """Writes the state as it is, where there is a file for it."""
        if self.path is None:
            return
        state = self.capture()
        if self.writes:
            write_state(self.path, state)

    def capture(self) -> State:
        """Returns the state as it is."""
        best = [callback.best_weights for callback in self.others if getattr(callback, "best_weights", None)]
        return State(
            self.step,
            _read_variables(_variables(self.model)),
            _read_variables(self.model.metrics_variables),
            best[0] if best else (),
            [{name: _plain(vars(each)[name]) for name in WATCHED if name in vars(each)} for each in self.others],
        )


def read_state(path: Path) -> State:
    """Returns the state that a file holds."""
    with np.load(path) as file:
        told = json.loads(str(file["told"]))
        parts = {part: [file[f"{part}{place}"] for place in range(count)] for part, count in told["counts"].items()}
    return State(told["step"], parts["variables"], parts["metrics"], parts["best"], told["callbacks"])


def write_state(path: Path, state: State) -> None:
    """Writes a state; who reads it sees all of it or what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {part: getattr(state, part) for part in ("variables", "metrics", "best")}
    counts = {part: len(arrays) for part, arrays in parts.items()}
    told = json.dumps({"step": state.step, "callbacks": state.callbacks, "counts": counts})
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        arrays = {f"{part}{place}": array for part, held in parts.items() for place, array in enumerate(held)}
        np.savez(file, told=np.array(told), **arrays)
    os.replace(draft, path)


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _read_variables(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    return [np.array(variable.numpy()) for variable in variables]


def _assign(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _plain(value: Any) -> Any:
    """Returns what JSON can hold: callbacks keep numbers of NumPy's."""
    return json.loads(json.dumps(value, default=float))
