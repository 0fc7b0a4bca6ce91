"""The metrics of many resamples of the same rows at once: each a row of weights, and a figure for each.

They are the figures of `sums`, which adds up parts of rows where these add up all rows under many weights; a test
holds the one against the other. Labels [rows, 1 or classes] are less the offset that they have in common, answers
[rows, units] as well; weights [resamples, rows].
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from components.evaluation.sums import BUCKETS, HALF, LEAST
from configs.schema.config import Label
from configs.schema.evaluation import Metric

Figure: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def choose_resampled(label: Label) -> dict[Metric, Figure]:
    """Returns the metrics of a label's kind by name."""
    quantiles, offset = np.array(label.quantiles or ()), label.offset

    def pinball(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        errors = labels[:, :1] - answers
        return _mean(np.maximum(quantiles * errors, (quantiles - 1) * errors).mean(axis=1), weights)

    def calibration(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return _divide(weights @ (_point(answers) + offset), weights @ (labels[:, 0] + offset))

    figures = FIGURES | {"pinball": pinball, "calibration": calibration}
    return {name: figures[name] for name in label.metrics}


def _measure_area(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    negatives, positives = _bucket(labels, answers, weights)
    below = np.cumsum(negatives, axis=1) - negatives / 2
    return _divide((positives * below).sum(axis=1), positives.sum(axis=1) * negatives.sum(axis=1))


def _measure_precision_area(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    negatives, positives = (part[:, ::-1] for part in _bucket(labels, answers, weights))
    steps = positives + negatives
    right, told = np.cumsum(positives, axis=1), np.cumsum(steps, axis=1)
    before, told_before = right - positives, told - steps
    slope = np.divide(positives, steps, out=np.zeros_like(steps), where=steps > 0)
    ratio = np.divide(told, told_before, out=np.ones_like(told), where=told_before > 0)
    areas = slope * (positives + (before - slope * told_before) * np.log(ratio))
    return _divide(areas.sum(axis=1), positives.sum(axis=1))


def _measure_accuracy(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    of, told = _tell(labels, answers)
    hits = (of == told).mean(axis=1) if labels.shape == answers.shape else (of & told).any(axis=1)
    return _mean(hits, weights)


def _measure_precision(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    hits, _, told = _count(labels, answers, weights)
    return _divide(hits, told)


def _measure_recall(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    hits, of, _ = _count(labels, answers, weights)
    return _divide(hits, of)


def _measure_f1(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    hits, of, told = _count(labels, answers, weights)
    return _divide(2 * hits, of + told)


def _measure_macro_f1(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    of, told = _tell(labels, answers)
    hits, those, called = (weights @ part.astype(float) for part in (of & told, of, told))
    known = those + called > 0  # a class that no row is of nor told to be has no F1
    shares = np.divide(2 * hits, those + called, out=np.zeros_like(hits), where=known)
    return _divide(shares.sum(axis=1), known.sum(axis=1))


def _measure_log_loss(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    classes = labels[:, 0].astype(int)
    scores = answers if answers.shape[1] > 1 else np.hstack([1 - answers, answers])
    likely = scores[np.arange(len(scores)), classes]
    return _mean(-np.log(np.clip(likely, LEAST, 1 - LEAST)), weights)


def _measure_rmse(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.sqrt(_mean((labels[:, 0] - _point(answers)) ** 2, weights))


def _measure_mae(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _mean(np.abs(labels[:, 0] - _point(answers)), weights)


def _measure_r2(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    centred = labels[:, 0] - labels[:, 0].mean()
    whole, total = weights.sum(axis=1), weights @ centred
    spread = weights @ centred**2 - _divide(total**2, whole)
    return 1 - _divide(weights @ (labels[:, 0] - _point(answers)) ** 2, np.maximum(spread, 0))


def _measure_coverage(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _mean((answers.min(axis=1) <= labels[:, 0]) & (labels[:, 0] <= answers.max(axis=1)), weights)


FIGURES: Mapping[Metric, Figure] = {
    "auc": _measure_area,
    "auc_pr": _measure_precision_area,
    "accuracy": _measure_accuracy,
    "precision": _measure_precision,
    "recall": _measure_recall,
    "f1": _measure_f1,
    "macro_f1": _measure_macro_f1,
    "log_loss": _measure_log_loss,
    "rmse": _measure_rmse,
    "mae": _measure_mae,
    "r2": _measure_r2,
    "coverage": _measure_coverage,
}


def _bucket(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the negatives and the positives weigh, [resamples, buckets], by rising score."""
    classes = answers.shape[1]
    scores = np.clip(np.floor(answers.ravel() * BUCKETS), 0, BUCKETS - 1)
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-1.0))
    held = weights[:, order // classes]
    positive = held * (labels.ravel()[order] > HALF)
    whole, those = (np.add.reduceat(part, starts, axis=1) for part in (held, positive))
    return whole - those, those


def _tell(labels: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of which classes each row is, and of which it is told to be, [rows, classes]; of two, of the second."""
    if labels.shape == answers.shape:
        return labels > HALF, answers > HALF
    classes = np.arange(answers.shape[1])
    return classes == labels, classes == answers.argmax(axis=1)[:, None]


def _count(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the hits weigh, what is of a class, and what is told to be, of all classes together."""
    of, told = _tell(labels, answers)
    hits, those, called = (weights @ part.sum(axis=1) for part in (of & told, of, told))
    return hits, those, called


def _mean(amounts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _divide(weights @ amounts, weights.sum(axis=1))


def _divide(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.divide(parts, wholes, out=np.full(len(parts), np.nan), where=wholes > 0)
    return found


def _point(answers: np.ndarray) -> np.ndarray:
    """Return the one number of an answer: of quantiles, the one in the middle."""
    middle: np.ndarray = answers[:, answers.shape[1] // 2]
    return middle
