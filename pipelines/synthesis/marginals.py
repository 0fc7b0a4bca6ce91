"""What a column holds, by itself: its values to a normal distribution, and back.

A number goes by its rank, a category by an interval as wide as it is frequent, and what is missing by an interval of
its own; within one, by chance. So all columns of a table become one kind, whose connections a Gaussian can have (Patki,
Wedge and Veeramachaneni, 2016, The Synthetic Data Vault).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.stats import norm

FEW = 0.5  # of the rows: where fewer values differ, none is made that was not there
EDGE = 1e-6  # by which ranks stay within 0 and 1


@dataclass(frozen=True)
class Numbers:
    """A column of numbers: those that were there in order, and the share of rows that have none."""

    values: np.ndarray
    missing: float

    @classmethod
    def learn(cls, column: pd.Series) -> "Numbers":
        """Returns what a column of floats holds; NaN is missing."""
        known = column.dropna().to_numpy("float64")
        return cls(np.sort(known), 1 - len(known) / len(column))

    def to_normal(self, column: pd.Series, random: np.random.Generator) -> np.ndarray:
        """Returns a number for each row, normally distributed if these are the rows that it has learnt from."""
        values = column.to_numpy("float64")
        low, high = (np.searchsorted(self.values, values, side) for side in ("left", "right"))
        rank = (low + (high - low) * random.random(len(values))) / max(len(self.values), 1)
        shares = np.where(np.isnan(values), random.random(len(values)) * self.missing, self._shift(rank))
        return norm.ppf(shares.clip(EDGE, 1 - EDGE))

    def from_normal(self, normal: np.ndarray) -> pd.Series:
        """Returns a value for each number."""
        shares = norm.cdf(normal)
        if not len(self.values):
            return pd.Series(np.full(len(shares), np.nan))
        rank = ((shares - self.missing) / max(1 - self.missing, EDGE)).clip(0, 1)
        is_fine = len(np.unique(self.values)) > FEW * len(self.values) and np.any(self.values % 1)
        drawn = np.quantile(self.values, rank, method="linear" if is_fine else "inverted_cdf")
        return pd.Series(np.where(shares < self.missing, np.nan, drawn))

    def _shift(self, rank: np.ndarray) -> np.ndarray:
        return self.missing + rank * (1 - self.missing)


@dataclass(frozen=True)
class Categories:
    """A column of categories: each with the share of rows up to it; None is missing, and one of them."""

    values: tuple[str | None, ...]
    ends: np.ndarray

    @classmethod
    def learn(cls, column: pd.Series) -> "Categories":
        """Returns what a column of texts holds, the most frequent first."""
        counts = column.value_counts(dropna=False)
        values = tuple(None if pd.isna(value) else value for value in counts.index)
        return cls(values, np.cumsum(counts.to_numpy()) / len(column))

    def to_normal(self, column: pd.Series, random: np.random.Generator) -> np.ndarray:
        """Returns a number for each row, normally distributed if these are the rows that it has learnt from."""
        chosen = self.find(column)
        starts = np.concatenate([[0.0], self.ends[:-1]])
        shares = starts[chosen] + random.random(len(chosen)) * (self.ends - starts)[chosen]
        return norm.ppf(shares.clip(EDGE, 1 - EDGE))

    def from_normal(self, normal: np.ndarray) -> pd.Series:
        """Returns a value for each number."""
        return self.take(np.searchsorted(self.ends, norm.cdf(normal)))

    def find(self, column: pd.Series) -> np.ndarray:
        """Returns the place of each row's category among the values."""
        place = {value: number for number, value in enumerate(self.values)}
        return np.array([place[None if pd.isna(value) else value] for value in column])

    def take(self, chosen: np.ndarray) -> pd.Series:
        """Returns the categories in these places."""
        return pd.Series(np.array(self.values, dtype=object)[chosen.clip(max=len(self.values) - 1)])


Marginal: TypeAlias = Numbers | Categories


def learn(column: pd.Series) -> Marginal:
    """Returns what a column holds: floats are numbers, all else categories."""
    return Numbers.learn(column) if column.dtype.kind == "f" else Categories.learn(column)
