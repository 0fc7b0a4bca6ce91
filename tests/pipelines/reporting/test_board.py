"""What is written is what TensorBoard reads."""

import math

import pytest
from tensorboard.backend.event_processing.plugin_event_accumulator import TENSORS, EventAccumulator

from pipelines.reporting.board import FOLDER, write_board

MOMENT = 1_795_805_695.5


def read_scalars(folder):
    """The step and the value of each tag in the logs of the rows that judged, as TensorBoard has them."""
    logs = EventAccumulator(str(folder / FOLDER), size_guidance={TENSORS: 0}).Reload()
    found = {tag: logs.Tensors(tag) for tag in logs.Tags()["tensors"]}
    return {tag: (event.step, event.tensor_proto.float_val[0]) for tag, [event] in found.items()}


def test_metrics_stand_at_the_last_epoch(tmp_path):
    history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.0, 1.0]}
    for auc in (0.5, 0.75):  # a report that is written again
        write_board({"auc": auc, "r2": math.nan, "rmse": 2.5}, history, MOMENT, tmp_path)
    assert read_scalars(tmp_path) == {"epoch_auc": (2, pytest.approx(0.75)), "epoch_rmse": (2, pytest.approx(2.5))}


def test_a_training_without_epochs_has_them_at_the_first(tmp_path):
    write_board({"auc": 0.75}, None, MOMENT, tmp_path)
    assert read_scalars(tmp_path) == {"epoch_auc": (0, pytest.approx(0.75))}
