"""How far the metrics may be off for want of rows: their intervals, and those of what changed.

By the paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993): the rows are drawn anew, with
replacement, and both models are measured on each draw; so what makes a row hard for both is no difference of theirs.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from components.evaluation.judgement import OVERALL, Measured
from components.evaluation.predictions import Predictions
from components.evaluation.resampling import choose_resampled
from configs.schema.config import Label

KEPT_IN = "intervals.json"  # in the evaluation
RESAMPLES = 1000
SLICED = 400  # of a slice
CERTAINTY = 0.95
SEED = 1993
LEAST = 10  # rows that have an interval
SLICES = 100  # that have one, those with the most rows
NUMBERS = 2_000_000  # that are held at a time

Ends: TypeAlias = tuple[float, float]
Found: TypeAlias = dict[str, dict[str, Ends | None]]  # `interval`, and `change` where there is a baseline, by metric


def keep_intervals(rows: Predictions, label: Label, folder: str) -> None:
    """Writes the intervals of all rows and of the largest slices into an evaluation."""
    members: dict[str, list[int]] = defaultdict(list)
    for row, names in enumerate(rows.slices):
        for name in names:
            members[name].append(row)
    largest = sorted(members, key=lambda name: (-len(members[name]), name))[:SLICES]
    found = {OVERALL: estimate(rows, label)} | {
        name: estimate(rows.take(np.array(members[name])), label, SLICED) for name in largest
    }
    Path(folder, KEPT_IN).write_text(json.dumps({name: metrics for name, metrics in found.items() if metrics}))


def estimate(rows: Predictions, label: Label, resamples: int = RESAMPLES) -> Found:
    """Returns the intervals of each metric; of too few rows none."""
    if len(rows.weights) < LEAST:
        return {}
    labels = rows.labels.astype(float)
    candidate, baseline = (
        None if answers is None else answers.astype(float) - label.offset for answers in (rows.candidate, rows.baseline)
    )
    values: Mapping[str, list[list[np.ndarray]]] = {name: [] for name in label.metrics}
    figures = choose_resampled(label)
    for weights in draw_weights(rows.weights, resamples, NUMBERS // (len(labels) * labels.shape[1])):
        for name, figure in figures.items():
            asked = [answers for answers in (candidate, baseline) if answers is not None]
            values[name].append([figure(labels, answers, weights) for answers in asked])
    found: Found = {}
    for name, parts in values.items():
        ours, *theirs = (np.concatenate(model) for model in zip(*parts, strict=True))
        found[name] = {"interval": enclose(ours), "change": enclose(ours - theirs[0]) if theirs else None}
    return found


def draw_weights(weights: np.ndarray, resamples: int, at_once: int) -> Iterator[np.ndarray]:
    """Yields what each row weighs in resamples, [some resamples, rows]: as often as it was drawn, its own weight."""
    generator, rows, left = np.random.default_rng(SEED), len(weights), resamples
    while left:
        count = min(max(1, at_once), left)
        drawn = generator.integers(0, rows, (count, rows)) + rows * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows) * weights
        left -= count


def enclose(values: np.ndarray) -> Ends | None:
    """Returns between what CERTAINTY of the values lie; None where most resamples do not have the metric."""
    known = values[np.isfinite(values)]
    if 2 * len(known) < len(values):
        return None
    low, high = np.quantile(known, [(1 - CERTAINTY) / 2, (1 + CERTAINTY) / 2])
    return float(low), float(high)


def attach(measured: Sequence[Measured], folder: str) -> list[Measured]:
    """Returns the metrics with the intervals that an evaluation keeps."""
    file = Path(folder, KEPT_IN)
    found: Mapping[str, Found] = json.loads(file.read_text()) if file.exists() else {}
    return [replace(item, **found.get(item.slice, {}).get(item.metric, {})) for item in measured]
