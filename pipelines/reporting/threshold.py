"""What another threshold would do: the ROC curve as rates, counts and precision at each score."""

from collections.abc import Sequence
from dataclasses import dataclass

USED = 0.5  # the score above which a row is predicted to be of the second class, as evaluation.combiners has it


@dataclass(frozen=True)
class Point:
    """A threshold and what comes of it; precision is None where nothing is predicted to be 1."""

    threshold: float
    recall: float
    false_positive_rate: float
    precision: float | None
    f1: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


@dataclass(frozen=True)
class Curve:
    """Points by falling threshold, each of the scores from there on, and which of them is that of what is used."""

    points: Sequence[Point]
    used: int


def read_curve(roc: Sequence[Sequence[float]], confusion: Sequence[Sequence[float]]) -> Curve | None:
    """Returns the curve of two classes: `roc` holds scores, false and true positive rates; None where either lacks."""
    if not roc or len(confusion) != 2 or not all(map(sum, confusion)):
        return None
    negatives, positives = map(sum, confusion)
    points = [
        _weigh(score, recall, false_rate, positives, negatives)
        for score, false_rate, recall in sorted(map(tuple, roc), reverse=True)
    ]
    used = sum(point.threshold > USED for point in points[1:])  # the last above it: those from there on are predicted
    return Curve(points, used)


def _weigh(score: float, recall: float, false_rate: float, positives: float, negatives: float) -> Point:
    hits, alarms = recall * positives, false_rate * negatives
    return Point(
        score,
        round(recall, 4),
        round(false_rate, 4),
        round(hits / (hits + alarms), 4) if hits + alarms else None,
        round(2 * hits / (positives + hits + alarms), 4),
        round(hits),
        round(alarms),
        round(positives - hits),
        round(negatives - alarms),
    )
