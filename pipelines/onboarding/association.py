"""Whether a label depends on a column, measured on the rows."""

import numpy as np

from components.validation.profile import Column

PARTS = 10  # of the numbers of a column, as many rows in each
SURE = 3.7  # standard errors that chance hardly ever makes: once in 10,000 columns


def depends(column: Column, label: Column) -> bool:
    """Returns whether the label depends on the column by more than chance makes it seem."""
    return measure(column, label) > SURE


def measure(column: Column, label: Column) -> float:
    """Returns by how many standard errors the label depends on the column: Pearson's chi-squared test of their parts.

    Its quantile is that of Wilson and Hilferty (1931). Numbers that are many are cut into parts of as many rows; 0
    where there is too little to tell.
    """
    one, other = (np.minimum(cut(each, PARTS), PARTS) for each in (column, label))  # rare texts are one part
    both = (one >= 0) & (other >= 0)
    _, rows = np.unique(one[both], return_inverse=True)
    _, columns = np.unique(other[both], return_inverse=True)
    if not both.any() or not rows.max() or not columns.max():
        return 0.0
    seen = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(seen, (rows, columns), 1)
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    freedom = (seen.shape[0] - 1) * (seen.shape[1] - 1)
    spread = 2 / (9 * freedom)
    return float(((((seen - expected) ** 2 / expected).sum() / freedom) ** (1 / 3) - 1 + spread) / spread**0.5)


def cut(column: Column, count: int) -> np.ndarray:
    """Returns the part that each row's cell is of, -1 where it is blank: its value, of many numbers `count` parts.

    The parts have as many rows each.
    """
    codes = column.codes()
    if not column.is_number or len(column.values) <= count:
        return codes
    numbers = column.numbers[codes]
    edges = np.unique(np.quantile(numbers[codes >= 0], np.linspace(0, 1, count + 1)[1:-1]))
    return np.where(codes < 0, -1, np.searchsorted(edges, numbers, side="right"))
