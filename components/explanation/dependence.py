"""How a model's answers go with one feature, all others as they are: partial dependence (Friedman, 2001)."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from components.explanation.importance import Ask, put_column

POINTS = 12  # of a number, between the 1st and the 99th percentile; of texts and ids, the most frequent
ROWS = 300


@dataclass(frozen=True)
class Dependence:
    """The mean answer [points, units] where all rows have a value, for some values of a feature."""

    feature: str
    values: list[float | str | int]
    answers: list[list[float]]


def depend(ask: Ask, rows: pa.RecordBatch, feature: str, count: int = ROWS) -> Dependence | None:
    """Returns how the answers to so many of the rows depend on a feature.

    None of one whose cells are more than a number, a text or an id.
    """
    cells, some = rows.column(rows.schema.get_field_index(feature)), rows.slice(0, count)
    kind, values = cells.type.value_type, cells.flatten()
    if len(values) > len(cells) or not len(values):
        return None
    points = _choose_points(values)
    if points is None:
        return None
    batches = [put_column(some, feature, pa.array([[value]] * len(some), pa.large_list(kind))) for value in points]
    answers = [ask(batch).astype(float).mean(axis=0).tolist() for batch in batches]
    return Dependence(feature, [_tell(value) for value in points], answers)


def _choose_points(values: pa.Array) -> list[Any] | None:
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)
        low, high = np.percentile(numbers[np.isfinite(numbers)], [1, 99])
        return list(np.unique(np.linspace(low, high, POINTS)))
    counts = Counter(values.to_pylist())
    frequent = [value for value, count in counts.most_common(POINTS) if count > 1]
    readable = all(isinstance(value, int) or value.isascii() and len(value) < 60 for value in frequent)
    return sorted(frequent, key=_order) if len(frequent) > 1 and readable else None


def _order(value: bytes | int) -> tuple[bool, int, bytes | int]:
    """Return what sorts 2 before 10, be they texts or not, and words behind numbers."""
    number = isinstance(value, int) or value.isdigit()
    return not number, int(value) if number else 0, value


def _tell(value: float | bytes | int) -> float | str | int:
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, int) else float(value)
