"""Metrics by slice of rows that come in batches, each with the interval that it is likely to lie in."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import stdtrit

from components.evaluation.direction import COUNT
from components.evaluation.figures import SHARES, choose_figures
from components.evaluation.judgement import OVERALL, Failure
from components.evaluation.sums import Sums
from components.validation.column_types import column
from configs.schema.evaluation import Threshold
from configs.schema.label import Label

GROUPS = 20  # of rows, as many as TFMA's own jackknife has
CERTAINTY = 0.95
HELD = 4_000_000  # numbers that wait to be added up: so few calls of numpy do for many rows
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # labels, answers, weights


@dataclass(frozen=True)
class Estimate:
    """One metric on one slice, and between what it lies by all likelihood; None where the rows do not tell."""

    slice: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None


class Tally:
    """Takes the labels [rows, any], answers [rows, units] and weights [rows] of batches of typed rows."""

    def __init__(self, label: Label, slices: Sequence[Sequence[str]]) -> None:
        self.figures, self.slices = choose_figures(label), slices
        self.rows: dict[str, int] = defaultdict(int)
        self.waiting: dict[str, list[Rows]] = defaultdict(list)
        self.size = 0
        self.parts: dict[tuple[str, str, int], list[np.ndarray]] = defaultdict(list)

    def add(self, batch: pa.RecordBatch, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> None:
        """Take in a batch, whose columns tell the slices of its rows."""
        for name, members in find_members(batch, self.slices).items():
            self.waiting[name].append((labels[members], answers[members], weights[members]))
            self.size += len(members) * (answers.shape[1] + 2)
        if self.size > HELD:
            self._add_up()

    def estimate(self) -> list[Estimate]:
        """Return every metric of every slice; one that a slice cannot have (AUC of one class) is left out."""
        self._add_up()
        found = []
        for name in sorted(self.rows, key=lambda each: (each != OVERALL, each)):
            found.append(Estimate(name, COUNT, float(self.rows[name])))
            for metric, figure in self.figures.items():
                groups = [self.parts[name, metric, group] for group in range(GROUPS)]
                value, low, high = jackknife(figure, [figure.add(parts) for parts in groups if parts])
                if math.isfinite(value):
                    found.append(Estimate(name, metric, value, *_confine(metric, low, high)))
        return found

    def _add_up(self) -> None:
        """Adds the rows that wait to the sums of their group: each slice deals its rows out in turn."""
        for name, waiting in self.waiting.items():
            labels, answers, weights = (np.concatenate(each) for each in zip(*waiting, strict=True))
            groups = (self.rows[name] + np.arange(len(labels))) % GROUPS
            self.rows[name] += len(labels)
            for group in np.unique(groups).tolist():
                own = groups == group
                for metric, figure in self.figures.items():
                    taken = figure.take(labels[own], answers[own], weights[own])
                    held = self.parts[name, metric, group]
                    held[:] = [figure.add([*held, taken])]
        self.waiting.clear()
        self.size = 0


def find_labels(batch: pa.RecordBatch, label: Label) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels [rows, 1 or classes] of typed rows as the Evaluator has them, and which rows have one."""
    cells = column(batch, label.name)
    if label.kind != "multilabel":
        there = cells.is_valid().to_numpy(zero_copy_only=False)
        return cells.fill_null(0).to_numpy(zero_copy_only=False)[:, None], there
    marks = np.zeros((len(batch), len(label.values)), np.int64)
    lists = cells.fill_null([]) if cells.null_count else cells
    counts = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    marks[np.repeat(np.arange(len(batch)), counts), lists.flatten().to_numpy(zero_copy_only=False)] = 1
    return marks, np.ones(len(batch), bool)


def find_weights(batch: pa.RecordBatch, name: str | None) -> np.ndarray:
    """Return what each row weighs, by a column if there is one."""
    if name is None:
        return np.ones(len(batch))
    weights: np.ndarray = column(batch, name).to_numpy(zero_copy_only=False).astype(float)
    return weights


def list_bars(thresholds: Mapping[Any, Threshold]) -> dict[str, dict[str, float]]:
    """Return what each metric has to reach by itself."""
    bars = {name: each.model_dump(include={"min", "max"}, exclude_none=True) for name, each in thresholds.items()}
    return {name: bar for name, bar in bars.items() if bar}


def list_missed(thresholds: Mapping[Any, Threshold], metrics: Iterable[Estimate]) -> list[Failure]:
    """Return the bars that the rows as a whole do not reach."""
    values = {each.metric: each.value for each in metrics if each.slice == OVERALL}
    found = []
    for name, bar in list_bars(thresholds).items():
        value = values.get(name)
        if value is None:
            found.append(Failure(OVERALL, name, reason="the rows do not tell it"))
        elif "min" in bar and not value >= bar["min"]:
            found.append(Failure(OVERALL, name, value, bar["min"]))
        elif "max" in bar and not value <= bar["max"]:
            found.append(Failure(OVERALL, name, value, bar["max"], "max"))
    return found


def jackknife(figure: Sums, groups: Sequence[np.ndarray]) -> tuple[float, float | None, float | None]:
    """Return the figure of the sums of groups of rows, and the interval that holds it with CERTAINTY.

    By the jackknife that leaves out a group at a time, with Student's t (Kott, Journal of Official Statistics 17, 2001;
    TFMA has the same): it takes one pass over the rows whatever the metric is, where a bootstrap would take hundreds.
    Rows count as independent of each other. Without an interval: fewer than two groups, or all of them alike.
    """
    value, count = float(figure.result(figure.add(groups))), len(groups)
    if count < 2:
        return value, None, None
    others = [figure.result(figure.add([*groups[:left], *groups[left + 1 :]])) for left in range(count)]
    error = math.sqrt((count - 1) / count) * float(np.linalg.norm(np.array(others) - np.mean(others)))
    if not math.isfinite(error) or error == 0:
        return value, None, None
    reach = float(stdtrit(count - 1, (1 + CERTAINTY) / 2)) * error
    return value, value - reach, value + reach


def find_members(batch: pa.RecordBatch, slices: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Return the places of each slice's rows, by its name as `results.slice_name` has it.

    A row without a value in a column is in no slice by it, and one with several is in the slice of each.
    """
    found: dict[str, np.ndarray] = {}
    for columns in slices:
        if not columns:
            found[OVERALL] = np.arange(len(batch))
            continue
        members: dict[str, list[int]] = defaultdict(list)
        cells = [column(batch, name).to_pylist() for name in sorted(columns)]
        for row, values in enumerate(zip(*cells, strict=True)):
            for name in _name_slices(sorted(columns), values):
                members[name].append(row)
        found |= {name: np.array(rows) for name, rows in members.items()}
    return found


def _name_slices(columns: Sequence[str], values: Sequence[object]) -> Iterator[str]:
    choices = [value if isinstance(value, list) else [] if value is None else [value] for value in values]
    for chosen in itertools.product(*map(dict.fromkeys, choices)):
        yield ", ".join(f"{name}={value}" for name, value in zip(columns, chosen, strict=True))


def _confine(metric: str, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Return an interval without what the metric cannot be."""
    if low is None or high is None or metric not in SHARES:
        return low, high
    return max(low, 0.0), min(high, 1.0)
