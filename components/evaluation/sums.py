"""What is added up of arrays of rows, whatever their parts, and the figure that is made of the sums."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

BUCKETS = 10_000  # of scores, as many as TFMA's AUC has
HALF = 0.5  # the score above which a row is told to be of a class
ALIKE = 1e-12  # parts of a number by which its mean over many rows may be off
LEAST = 1e-7  # a likelihood, as Keras has it: no row alone is to make the loss infinite


class Sums(ABC):
    """Adds up what `measure` makes of the labels [rows, 1 or classes], answers [rows, 1 or classes] and weights [rows]
    of many rows, and tells `result` of it.

    Labels are less the `offset` that they have in common, answers are not: it is taken off them first, since sums of
    large numbers would hide how they differ.
    """

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    @abstractmethod
    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def result(self, sums: np.ndarray) -> Any: ...

    def add(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        return np.sum(parts, axis=0)

    def take(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Returns the sums of rows as they come: labels and answers [rows, ...], a weight for each or one for all."""
        return self.measure(_lay_out(labels), _lay_out(answers) - self.offset, _spread(weights, labels))


def _lay_out(values: np.ndarray) -> np.ndarray:
    """Return [rows, any] of an array of rows."""
    return values.reshape(len(values), -1)


def _spread(weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return a weight for each row, of which there may be one for all."""
    return np.broadcast_to(weights.ravel().astype(float), len(labels))


def _share(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else float("nan")


def _flatten(labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the labels, answers and weights of all classes in one row each."""
    return labels.ravel(), answers.ravel(), np.repeat(weights, answers.shape[1])


class Curve(Sums):
    """The weights of the rows by score: one line for each bucket that has some, [bucket, negative, positive]."""

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        labels, answers, weights = _flatten(labels, answers, weights)
        positive = labels > HALF
        buckets = np.clip(np.floor(answers * BUCKETS), 0, BUCKETS - 1)
        return self.add([np.stack([buckets, weights * ~positive, weights * positive], axis=1)])

    def add(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        lines = np.concatenate(parts)
        buckets, places = np.unique(lines[:, 0], return_inverse=True)
        return np.stack([buckets, *(np.bincount(places, lines[:, column]) for column in (1, 2))], axis=1)


class Area(Curve):
    """Under the curve of true over false positives: how often a positive scores above a negative, a tie being half."""

    def result(self, sums: np.ndarray) -> float:
        _, negatives, positives = sums.T
        below = np.cumsum(negatives) - negatives
        return _share(positives @ (below + negatives / 2), positives.sum() * negatives.sum())


class Points(Curve):
    """The curve of true over false positives, [score, share of negatives above, share of positives above] a line.

    So many lines as a page can show, some more than once where there are fewer: TFMA takes the table of one model from
    that of another. The first is (1, 0, 0).
    """

    LINES = 100

    def result(self, sums: np.ndarray) -> np.ndarray:
        buckets, negatives, positives = sums[::-1].T
        shares = [np.cumsum(part) / (part.sum() or 1.0) for part in (negatives, positives)]
        lines = np.concatenate([[[1.0, 0.0, 0.0]], np.stack([buckets / BUCKETS, *shares], axis=1)])
        found: np.ndarray = lines[np.linspace(0, len(lines) - 1, self.LINES).round().astype(int)]
        return found


class PrecisionArea(Curve):
    """Under the curve of precision over recall, between scores as Davis and Goadrich (ICML 2006) have it."""

    def result(self, sums: np.ndarray) -> float:
        _, negatives, positives = sums[::-1].T
        right = np.concatenate([[0.0], np.cumsum(positives)])
        told = np.concatenate([[0.0], np.cumsum(positives + negatives)])
        steps = np.diff(told)
        slope = np.divide(np.diff(right), steps, out=np.zeros_like(steps), where=steps > 0)
        ratio = np.divide(told[1:], told[:-1], out=np.ones_like(steps), where=told[:-1] > 0)
        area = slope * (np.diff(right) + (right[:-1] - slope * told[:-1]) * np.log(ratio))
        return _share(area.sum(), positives.sum())


class Table(Sums):
    """The weights of the rows by the class that they are of, then by the one that they are told to be.

    Of one class of several a row is told the one with the best score. Classes of which it may have any number are
    taken together, each of them told or not: as a row that is of one of two classes.
    """

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        if labels.shape == answers.shape:
            labels, answers, weights = _flatten(labels, answers, weights)
            of, told, size = labels > HALF, answers > HALF, 2
        else:
            of, told, size = labels[:, 0], answers.argmax(axis=1), answers.shape[1]
        return np.bincount(of.astype(int) * size + told, weights, size * size).reshape(size, size)


class Accuracy(Table):
    """The share that is told what it is."""

    def result(self, sums: np.ndarray) -> float:
        return _share(sums.trace(), sums.sum())


class Precision(Table):
    """Of what is told to be of the class, the share that is."""

    def result(self, sums: np.ndarray) -> float:
        return _share(sums[1, 1], sums[:, 1].sum())


class Recall(Table):
    """Of what is of the class, the share that is told so."""

    def result(self, sums: np.ndarray) -> float:
        return _share(sums[1, 1], sums[1].sum())


class F1(Table):
    """The harmonic mean of the two."""

    def result(self, sums: np.ndarray) -> float:
        return _share(2 * sums[1, 1], sums[1].sum() + sums[:, 1].sum())


class WholeTable(Table):
    """The table itself."""

    def result(self, sums: np.ndarray) -> np.ndarray:
        return sums


class Hits(Sums):
    """For each class what is of it and told so, what is of it, and what is told to be: [3, classes]."""

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        classes = np.arange(answers.shape[1])
        if labels.shape == answers.shape:
            of, told = labels > HALF, answers > HALF
        else:
            of, told = classes == labels, classes == answers.argmax(axis=1)[:, None]
        return np.stack([weights @ of_each for of_each in (of & told, of, told)])

    def result(self, sums: np.ndarray) -> float:
        hits, of, told = sums[:, sums[1:].sum(axis=0) > 0]  # a class that no row is of nor told to be has no F1
        return float(np.mean(2 * hits / (of + told)))


class Rows(Sums):
    """How many rows there are, or what they weigh."""

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.array([weights.sum()])

    def result(self, sums: np.ndarray) -> float:
        return float(sums[0])


class Mean(Sums):
    """The mean of `amount` [rows] over the rows."""

    @abstractmethod
    def amount(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray: ...

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.array([weights.sum(), weights @ self.amount(labels, answers)])

    def result(self, sums: np.ndarray) -> float:
        return _share(sums[1], sums[0])


class LogLoss(Mean):
    """Minus the logarithm of how likely the row's class was told to be."""

    def amount(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        classes = labels[:, 0].astype(int)
        if answers.shape[1] > 1:
            likely = answers[np.arange(len(answers)), classes]
        else:
            likely = np.abs(1 - classes - answers[:, 0].astype(float))
        return -np.log(np.clip(likely, LEAST, 1 - LEAST))


class AbsoluteError(Mean):
    """The mean of the errors' sizes."""

    def amount(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return np.abs(_errors(labels, answers))


class SquaredError(Mean):
    """The root of the mean of the squares of the errors."""

    def amount(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return _errors(labels, answers) ** 2

    def result(self, sums: np.ndarray) -> float:
        return float(np.sqrt(super().result(sums)))


class PinballLoss(Mean):
    """The mean over quantiles of what an error costs: q where the label lies above, 1 - q below."""

    def __init__(self, quantiles: Sequence[float], offset: float = 0.0) -> None:
        super().__init__(offset)
        self.quantiles = np.array(quantiles)

    def amount(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        errors = labels[:, :1].astype(float) - answers
        costs: np.ndarray = np.maximum(self.quantiles * errors, (self.quantiles - 1) * errors).mean(axis=1)
        return costs


class Coverage(Mean):
    """The share of the labels between the lowest and the highest quantile."""

    def amount(self, labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        inside: np.ndarray = (answers.min(axis=1) <= labels[:, 0]) & (labels[:, 0] <= answers.max(axis=1))
        return inside.astype(float)


class Moments(Sums):
    """The weight, the mean of the labels, the squares of their distances from it, and those of the errors.

    By Chan, Golub and LeVeque, 1979: from squares of the labels themselves little would be left of how they differ.
    """

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        numbers, weight = labels[:, 0].astype(float), weights.sum()
        mean = weights @ numbers / weight if weight else 0.0
        return np.array([weight, mean, weights @ (numbers - mean) ** 2, weights @ _errors(labels, answers) ** 2])

    def add(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        weight, mean, square, error = np.array(parts).T
        whole = weight.sum()
        middle = weight @ mean / whole if whole else 0.0
        return np.array([whole, middle, square.sum() + weight @ (mean - middle) ** 2, error.sum()])

    def result(self, sums: np.ndarray) -> float:
        weight, mean, spread, error = sums
        return float(1 - error / spread) if spread > weight * (ALIKE * mean) ** 2 else float("nan")


class Totals(Sums):
    """What the answers and the labels add up to."""

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.array([weights @ (part.astype(float) + self.offset) for part in (_point(answers), labels[:, 0])])

    def result(self, sums: np.ndarray) -> float:
        return _share(sums[0], sums[1])


class Told(Sums):
    """How many rows are told to be of each class, [classes, 1]: of one of several, the one with the best score."""

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        if labels.shape == answers.shape:
            return weights @ (answers > HALF)
        return np.bincount(answers.argmax(axis=1), weights, answers.shape[1])

    def result(self, sums: np.ndarray) -> np.ndarray:
        return sums[:, None]


class Percentiles(Sums):
    """The edges of the percentiles of the answers, the least first, [101, 1].

    Answers are rounded to three digits, which makes few lines of them, [answer, weight], however many rows there are.
    """

    LINES = 101

    def measure(self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
        points = _point(answers).astype(float)
        size = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(points), LEAST))) - 2)
        return self.add([np.stack([np.round(points / size) * size, weights], axis=1)])

    def add(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        lines = np.concatenate(parts)
        points, places = np.unique(lines[:, 0], return_inverse=True)
        return np.stack([points, np.bincount(places, lines[:, 1])], axis=1)

    def result(self, sums: np.ndarray) -> np.ndarray:
        points, weights = sums.T
        below = np.cumsum(weights)
        places = np.searchsorted(below, np.linspace(0, 1, self.LINES) * below[-1] * (1 - ALIKE))
        found: np.ndarray = points[places.clip(0, len(points) - 1)][:, None] + self.offset
        return found


def _errors(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    return labels[:, 0].astype(float) - _point(answers).astype(float)


def _point(answers: np.ndarray) -> np.ndarray:
    """Return the one number of an answer: of quantiles, the one in the middle."""
    middle: np.ndarray = answers[:, answers.shape[1] // 2]
    return middle
