"""What a model forecast of a series, beside what came, step by step."""

import numpy as np
import pyarrow as pa

from configs.schema.config import Config
from configs.schema.features import Numeric, Timestamp
from configs.schema.label import Label

STEPS = 120  # that are shown, the last ones


def find_order(config: Config) -> str | None:
    """Returns the feature that puts the examples of one series in order; None of what is no such series, or private.

    Where there are several series or horizons a step has several forecasts.
    """
    window = config.data.window
    if not window or config.data.group or window.told or config.label.kind != "regression" or config.hides_label:
        return None
    is_kept = isinstance(config.features.get(window.order), Numeric | Timestamp) and not config.hides(window.order)
    return window.order if is_kept else None


def follow(
    rows: pa.RecordBatch, order: str, labels: np.ndarray, answers: np.ndarray, label: Label
) -> list[list[float]]:
    """Returns the last steps in order: when each was, what came, and what was forecast; of quantiles the middle one."""
    cells = rows.column(rows.schema.get_field_index(order))
    held = cells.value_lengths().fill_null(0).to_numpy(zero_copy_only=False) == 1
    moments = cells.flatten().to_numpy(zero_copy_only=False).astype(float)
    told = np.stack([labels[held, 0] + label.offset, answers[held, answers.shape[1] // 2]], axis=1).astype(float)
    last = np.argsort(moments, kind="stable")[-STEPS:]
    return [[float(moments[row]), *map(float, told[row])] for row in last]
