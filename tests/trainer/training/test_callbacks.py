"""What is told of a training, and logged for TensorBoard."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from configs.schema.training import EarlyStopping, Training
from trainer.training import callbacks
from trainer.training.callbacks import Board, Progress


def told(folder):
    """The figures by writer, name and step."""
    found = {}
    for part in ("train", "validation"):
        events = EventAccumulator(str(Path(folder, part))).Reload()
        for name in set(events.Tags()["tensors"]) - {"keras"}:  # the model itself, which Keras writes with its graph
            for event in events.Tensors(name):
                found[part, name, event.step] = float(tf.make_ndarray(event.tensor_proto))
    return found


@pytest.mark.slow
def test_an_epoch_is_logged_as_keras_does(tmp_path):
    rows = np.linspace(-1, 1, 32)[:, None]
    for board in (Board(tmp_path / "ours"), keras.callbacks.TensorBoard(tmp_path / "stock")):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        model.fit(rows, 2 * rows, 8, 3, verbose=0, validation_data=(rows, 2 * rows), callbacks=[board])
    expected = told(tmp_path / "stock")
    assert len(expected) == 3 * (3 + 4)  # loss, mae and rate of training; both of eval, by epoch and by step
    assert told(tmp_path / "ours") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"epochs": 10}, "epoch 1 of 10, step 50 of 1,000, loss 0.5000, 38 s left"),
        ({"steps": 2050}, "step 50 of 2,050, loss 0.5000, 80 s left"),
        ({"epochs": 2, "early_stopping": EarlyStopping(patience=1)}, ", step 50 of 200, loss 0.5000, at most 6 s left"),
    ],
)
def test_the_time_left_is_told_at_the_pace_so_far(monkeypatch, options, told):
    progress = Progress(Training(**options), epoch_steps=100)
    progress.on_epoch_begin(0)
    for seconds, batch in ((7.0, 9), (8.0, 34), (8.6, 49)):
        monkeypatch.setattr(callbacks.time, "monotonic", lambda seconds=seconds: seconds)
        progress.on_train_batch_end(batch, {"loss": 0.5})
    assert progress.describe().endswith(told)


def test_the_eval_loss_is_told_once_it_is_known_and_no_time_in_the_beginning():
    progress = Progress(Training(epochs=2), epoch_steps=10)
    progress.on_epoch_begin(0)
    progress.on_train_batch_end(9, {"loss": 0.25})
    progress.on_epoch_end(0, {"val_loss": 0.75})
    assert progress.describe() == "epoch 1 of 2, step 10 of 20, loss 0.2500, eval loss 0.7500"
