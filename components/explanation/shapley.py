"""What each feature of one row adds to its answer: sampled Shapley values against rows of a background.

By walks from a row of the background to the row in question, a feature at a time, in an order drawn at random and in
that order backwards (Štrumbelj and Kononenko, 2014; what the values mean: Lundberg and Lee, 2017). Each walk ends at
the row's answer, so they sum to the difference from the background's mean answer, whatever was drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from components.examples.tf_example import list_cells
from components.explanation.importance import Ask

ANSWERS = 20_000  # that a model is asked for, about
AT_ONCE = 5_000  # rows
SEED = 1953


@dataclass(frozen=True)
class Contributions:
    """An answer, the background's mean answer, and what each feature adds to that."""

    answer: float
    base: float
    features: dict[str, float]


def contribute(ask: Ask, row: pa.RecordBatch, background: pa.RecordBatch, unit: int = 0) -> Contributions:
    """Returns what each feature of a row adds to one unit of its answer; `background` has rows of the same columns."""
    names = row.schema.names
    places = [background.column(background.schema.get_field_index(name)) for name in names]
    cells = list_cells(row)
    both = [
        pa.concat_arrays([cell.cast(column.type), column]) for cell, column in zip(cells.columns, places, strict=True)
    ]
    walks = draw_walks(len(names), len(background))
    lines = np.concatenate([walk.lines for walk in walks])
    told = [
        ask(_choose(both, names, lines[first : first + AT_ONCE]))[:, unit] for first in range(0, len(lines), AT_ONCE)
    ]
    answers = np.concatenate(told).astype(float).reshape(len(walks), len(names) + 1)
    added = np.zeros((len(walks), len(names)))
    for place, walk in enumerate(walks):
        added[place, walk.order] = np.diff(answers[place])
    return Contributions(
        float(answers[:, -1].mean()),
        float(answers[:, 0].mean()),
        dict(zip(names, added.mean(axis=0).tolist(), strict=True)),
    )


@dataclass(frozen=True)
class Walk:
    """The order in which features come from the row, and which line each is of at each step: 0 is the row's."""

    order: np.ndarray
    lines: np.ndarray


def draw_walks(features: int, rows: int) -> list[Walk]:
    """Returns two walks from each row of a background, and again while the answers that they take are not too many."""
    generator, walks = np.random.default_rng(SEED), []
    for _ in range(max(1, ANSWERS // (2 * rows * (features + 1)))):
        for row in range(rows):
            order = generator.permutation(features)
            walks += [_walk(order, row + 1), _walk(order[::-1], row + 1)]
    return walks


def _walk(order: np.ndarray, line: int) -> Walk:
    steps = np.argsort(order)
    lines = np.where(steps[None, :] < np.arange(len(order) + 1)[:, None], 0, line)
    return Walk(order, lines)


def _choose(both: Sequence[pa.Array], names: Sequence[str], lines: np.ndarray) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [column.take(pa.array(lines[:, place])) for place, column in enumerate(both)], names
    )
