"""The trials of a search as lines over parallel axes: one for each key that was varied, and one for the objective."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DECADE = 10.0  # how many times the least of positive numbers the greatest is, from which on an axis is logarithmic


@dataclass(frozen=True)
class Axis:
    """A key, where it stands (per cent from the left), and what lies at its bottom and at its top."""

    name: str
    x: float
    low: str
    high: str


@dataclass(frozen=True)
class Trial:
    """One trial: a point on each axis (per cent from the left and from the top), and what is told of it."""

    points: Sequence[tuple[float, float]]
    tip: str
    best: bool


@dataclass(frozen=True)
class Trials:
    """All trials that have a score, the best last, so that it lies above the others."""

    axes: Sequence[Axis]
    trials: Sequence[Trial]


def lay_trials(search: Mapping[str, Any] | None) -> Trials | None:
    """Returns the trials of a Tuner's details; None where fewer than two have a score."""
    scored = [trial for trial in (search or {}).get("trials", []) if trial["score"] is not None]
    if search is None or len(scored) < 2:
        return None
    columns = {key: [trial["values"].get(key) for trial in scored] for key in scored[0]["values"]}
    columns[search["objective"]] = [trial["score"] for trial in scored]
    spots = {name: 100 * (index + 0.5) / len(columns) for index, name in enumerate(columns)}
    heights = {name: place(values) for name, values in columns.items()}
    axes = [Axis(name, spots[name], *_tell_ends(columns[name], heights[name])) for name in columns]
    trials = [
        Trial(
            [(spots[name], 100 - 100 * heights[name][index]) for name in columns],
            ", ".join(f"{name} {_tell(columns[name][index])}" for name in columns),
            trial["trial"] == search["best"],
        )
        for index, trial in enumerate(scored)
    ]
    return Trials(axes, sorted(trials, key=lambda trial: trial.best))


def place(values: Sequence[Any]) -> list[float]:
    """Returns where values lie on an axis, from 0 to 1: numbers by size, all else in the order of its text."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        low, high = min(values), max(values)
        scale = math.log if low > 0 and high / low >= DECADE else float
        span = scale(high) - scale(low)
        return [(scale(value) - scale(low)) / span if span else 0.5 for value in values]
    ranks = sorted({_tell(value) for value in values})
    return [ranks.index(_tell(value)) / (len(ranks) - 1) if len(ranks) > 1 else 0.5 for value in values]


def _tell_ends(values: Sequence[Any], heights: Sequence[float]) -> tuple[str, str]:
    low, high = (pick(range(len(values)), key=heights.__getitem__) for pick in (min, max))
    return _tell(values[low]), _tell(values[high])


def _tell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
