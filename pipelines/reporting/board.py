"""The figures of the rows that judged as TensorBoard shows them: beside those of train and validation, by epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from components.readers.record_frame import frame
from pipelines.reporting.charts import is_finite

FOLDER = "test"  # beside Keras's `train` and `validation`
FILE = "events.out.tfevents.millrace"
TAG = "epoch_"  # Keras's, so that they stand in the same charts


def write_board(
    metrics: Mapping[str, float], history: Mapping[str, Sequence[float]] | None, moment: float, folder: Path
) -> None:
    """Writes metrics at the step of the last epoch into a folder of TensorBoard's; anew where they were written before.

    `moment` is in seconds since 1970.
    """
    step = max(map(len, (history or {}).values()), default=1) - 1
    values = [
        Summary.Value(tag=f"{TAG}{name}", simple_value=value) for name, value in metrics.items() if is_finite(value)
    ]
    events = [
        Event(wall_time=moment, file_version="brain.Event:2"),
        Event(wall_time=moment, step=step, summary=Summary(value=values)),
    ]
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    (folder / FOLDER / FILE).write_bytes(b"".join(frame(event.SerializeToString()) for event in events))
