"""What a model forecast of a series, beside what came, step by step."""

import numpy as np

from components.explanation.rows import Answered
from configs.schema.config import Config
from configs.schema.features import Numeric, Timestamp

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


def follow(known: Answered, order: str) -> list[list[float]]:
    """Returns the last steps in order: when each was, what came, and what was forecast; of quantiles the middle one."""
    cells = known.rows.column(known.rows.schema.get_field_index(order))
    held = cells.value_lengths().fill_null(0).to_numpy(zero_copy_only=False) == 1
    moments = cells.flatten().to_numpy(zero_copy_only=False).astype(float)
    came, forecast = known.labels[:, 0] + known.label.offset, known.answers[:, known.answers.shape[1] // 2]
    told = np.stack([came[held], forecast[held]], axis=1).astype(float)
    last = np.argsort(moments, kind="stable")[-STEPS:]
    return [[float(moments[row]), *map(float, told[row])] for row in last]
