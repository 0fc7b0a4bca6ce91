"""Which classes are taken for which: the confusion matrix by name, and what it says of each class."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """How many rows of one class were predicted to be of another, and which share of the former that is."""

    predicted: str
    count: float
    share: float | None  # None of a class without rows


@dataclass(frozen=True)
class ClassRow:
    """One actual class; a figure is None where nothing was there to divide by."""

    actual: str
    cells: Sequence[Cell]
    rows: float
    precision: float | None
    recall: float | None
    f1: float | None


def name_classes(matrix: Sequence[Sequence[float]], classes: Sequence[str]) -> list[ClassRow]:
    """Returns a row for each class, in their order; classes without any row are filled in. None without a matrix."""
    size = range(len(classes))
    counts = [[matrix[row][column] if max(row, column) < len(matrix) else 0.0 for column in size] for row in size]
    return [_describe(classes, counts, index) for index in size] if matrix else []


def _describe(classes: Sequence[str], counts: Sequence[Sequence[float]], index: int) -> ClassRow:
    rows, hits = sum(counts[index]), counts[index][index]
    predicted = sum(row[index] for row in counts)
    cells = [Cell(name, count, _divide(count, rows)) for name, count in zip(classes, counts[index], strict=True)]
    f1 = _divide(2 * hits, rows + predicted)
    return ClassRow(classes[index], cells, rows, _divide(hits, predicted), _divide(hits, rows), f1)


def _divide(part: float, whole: float) -> float | None:
    return part / whole if whole else None
