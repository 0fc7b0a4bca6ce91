"""What is logged for TensorBoard."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainer.training.callbacks import Board


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
