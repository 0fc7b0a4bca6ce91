"""How much a model relies on each feature: what is lost when its cells are dealt out anew among the rows.

Permutation importance (Breiman, Random Forests, 2001; of any model: Fisher, Rudin and Dominici, 2019).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from components.explanation.clock import Clock

Ask: TypeAlias = Callable[[pa.RecordBatch], np.ndarray]  # rows to answers [rows, units]
Measure: TypeAlias = Callable[[np.ndarray, np.ndarray], float]  # answers, and of which rows: the more, the better
REPEATS = 3
FEWEST = 100  # rows that are asked, however little time there is
SEED = 2001


@dataclass(frozen=True)
class Importance:
    """What a feature's loss costs in the metric: the mean over the repeats, their standard deviation, how many."""

    feature: str
    mean: float
    spread: float
    repeats: int


def permute(
    ask: Ask,
    rows: pa.RecordBatch,
    answers: np.ndarray,
    features: Sequence[str],
    measure: Measure,
    pace: float,
    clock: Clock,
) -> tuple[list[Importance], int]:
    """Returns the features that were measured, the strongest first, and on how many rows.

    `answers` are those to the rows as they are, `pace` the seconds that one takes. As many rows are asked as let every
    feature come REPEATS times in the clock's; when these are over, what was not measured is left out.
    """
    generator = np.random.default_rng(SEED)
    count = min(len(rows), max(FEWEST, int(clock.left / (REPEATS * len(features) * pace))))
    chosen = generator.permutation(len(rows))[:count]
    known, before = rows.take(pa.array(chosen)), measure(answers[chosen], chosen)
    losses: dict[str, list[float]] = {name: [] for name in features}
    for name in [name for _ in range(REPEATS) for name in features]:
        if clock.is_over:
            break
        losses[name].append(before - measure(ask(_shuffle(known, name, generator)), chosen))
    found = [
        Importance(name, float(np.mean(lost)), float(np.std(lost)), len(lost)) for name, lost in losses.items() if lost
    ]
    return sorted(found, key=lambda item: -item.mean), count


def _shuffle(rows: pa.RecordBatch, name: str, generator: np.random.Generator) -> pa.RecordBatch:
    cells = rows.column(rows.schema.get_field_index(name))
    return put_column(rows, name, cells.take(pa.array(generator.permutation(len(rows)))))


def put_column(rows: pa.RecordBatch, name: str, cells: pa.Array) -> pa.RecordBatch:
    """Returns the rows with other cells in a column."""
    names = rows.schema.names
    columns = [cells if other == name else column for other, column in zip(names, rows.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names)
