"""What is told of answers beyond the metrics: whether scores are shares, how they are spread by class, and errors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from components.evaluation.predictions import Predictions
from components.evaluation.sums import HALF
from components.registry.versions import OF_ROWS
from configs.schema.config import Label

KEPT_IN = f"{OF_ROWS}/quality.json"  # in the evaluation
BINS, FINE = 10, 20  # of scores, where rows are to be many, and where they are counted alone
POINTS = 300  # of predicted against actual


def keep_quality(rows: Predictions, label: Label, folder: str) -> None:
    """Writes into an evaluation what its rows tell."""
    Path(folder, KEPT_IN).write_text(json.dumps(DESCRIBED[label.kind](rows, label)))


def read_quality(folder: str) -> Mapping[str, Any] | None:
    """Returns what an evaluation keeps of it; None of one that an older release made."""
    file = Path(folder, KEPT_IN)
    return json.loads(file.read_text()) if file.exists() else None


def describe_binary(rows: Predictions, label: Label) -> dict[str, Any]:
    """Returns the calibration, and the rows of each class by score."""
    scores, positive = rows.candidate[:, 0].astype(float), rows.labels[:, 0] > HALF
    groups = {label.values[0]: ~positive, label.values[1]: positive}
    return {"calibration": calibrate(scores, positive, rows.weights), "scores": spread(scores, groups, rows.weights)}


def describe_multiclass(rows: Predictions, label: Label) -> dict[str, Any]:
    """Returns the calibration of the class that is told, and by its score the rows that are told rightly or not."""
    scores = rows.candidate.max(axis=1).astype(float)
    right = rows.candidate.argmax(axis=1) == rows.labels[:, 0]
    groups = {"right": right, "wrong": ~right}
    return {"calibration": calibrate(scores, right, rows.weights), "scores": spread(scores, groups, rows.weights)}


def describe_multilabel(rows: Predictions, label: Label) -> dict[str, Any]:
    """Returns the calibration and spread of all classes together, and precision, recall and F1 of each."""
    positive, told, weights = rows.labels > HALF, rows.candidate > HALF, rows.weights
    every = np.repeat(weights, positive.shape[1])
    scores, held = rows.candidate.ravel().astype(float), positive.ravel()
    hits, of, called = (weights @ part for part in ((positive & told).astype(float), positive, told))
    classes = [
        {
            "actual": name,
            "rows": float(of[place]),
            "precision": _divide(hits[place], called[place]),
            "recall": _divide(hits[place], of[place]),
            "f1": _divide(2 * hits[place], of[place] + called[place]),
        }
        for place, name in enumerate(label.values)
    ]
    groups = {"not of the class": ~held, "of the class": held}
    return {
        "calibration": calibrate(scores, held, every),
        "scores": spread(scores, groups, every),
        "classes": classes,
    }


def describe_number(rows: Predictions, label: Label) -> dict[str, Any]:
    """Returns the errors (predicted less actual) by size, and predicted beside actual of some rows.

    Of quantiles also the share of the labels below each, which is to be what it is called.
    """
    predicted = rows.candidate[:, rows.candidate.shape[1] // 2].astype(float)
    actual = rows.labels[:, 0].astype(float) + label.offset
    errors = predicted - actual
    low, high = np.percentile(errors, [1, 99])
    edges = np.linspace(low, high, FINE + 1) if high > low else np.array([low - 0.5, low + 0.5])
    counts, _ = np.histogram(np.clip(errors, edges[0], edges[-1]), edges, weights=rows.weights)
    below = [float(np.average(actual <= answers, weights=rows.weights)) for answers in rows.candidate.T]
    levels = label.quantiles or ()
    return {
        "errors": {"edges": edges.tolist(), "rows": counts.tolist(), "median": float(np.median(errors))},
        "points": np.stack([actual, predicted], axis=1)[:POINTS].tolist(),
        "quantiles": [{"quantile": level, "below": share} for level, share in zip(levels, below, strict=False)],
    }


def calibrate(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> list[dict[str, float]]:
    """Returns for each tenth of the scores that has rows their mean score, the share that is positive, and the rows."""
    bins = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    sums = [np.bincount(bins, part, BINS) for part in (weights, weights * scores, weights * positive)]
    return [
        {"score": float(score / rows), "share": float(share / rows), "rows": float(rows)}
        for rows, score, share in zip(*sums, strict=True)
        if rows
    ]


def spread(scores: np.ndarray, groups: Mapping[str, np.ndarray], weights: np.ndarray) -> dict[str, list[float]]:
    """Returns what the rows of each group weigh by score, in FINE bins from 0 to 1."""
    return {
        name: np.histogram(scores[held], FINE, (0, 1), weights=weights[held])[0].tolist()
        for name, held in groups.items()
    }


DESCRIBED = {
    "binary": describe_binary,
    "multiclass": describe_multiclass,
    "multilabel": describe_multilabel,
    "regression": describe_number,
}


def _divide(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
