"""Rows by a Gaussian copula: each column as it is distributed, and how they go together as a Gaussian has it.

Rows of each class have a copula of their own: what tells classes apart is often no line. Correlations are shrunk by
Ledoit and Wolf (2004), so that a class of few rows has ones as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.covariance import ledoit_wolf

from pipelines.synthesis.marginals import Marginal, learn

FEWEST = 20  # rows of a class with a copula of its own; the others share one


@dataclass(frozen=True)
class Gaussian:
    """Columns, each with what it holds, and their covariance as normal numbers."""

    marginals: Mapping[str, Marginal]
    covariance: np.ndarray

    @classmethod
    def learn(cls, table: pd.DataFrame, random: np.random.Generator) -> "Gaussian":
        """Returns what rows are like."""
        marginals = {name: learn(table[name]) for name in table}
        normal = np.column_stack([marginals[name].to_normal(table[name], random) for name in table])
        return cls(marginals, ledoit_wolf(normal)[0])

    def draw(self, rows: int, random: np.random.Generator) -> pd.DataFrame:
        """Returns new rows."""
        scale = np.sqrt(np.diag(self.covariance)).clip(1e-9)
        correlation = self.covariance / np.outer(scale, scale)
        normal = random.multivariate_normal(np.zeros(len(scale)), correlation, rows, method="eigh")
        return pd.DataFrame(
            {
                name: marginal.from_normal(normal[:, place])
                for place, (name, marginal) in enumerate(self.marginals.items())
            }
        )


def synthesize(table: pd.DataFrame, label: str, rows: int, random: np.random.Generator) -> pd.DataFrame:
    """Returns rows like those of a table, as many of each class, where the label is one, as there were in share."""
    if table[label].dtype.kind == "f":
        return Gaussian.learn(table, random).draw(rows, random)
    counts = table[label].value_counts()
    has_own = table[label].map(counts) >= FEWEST
    groups = [group for _, group in table[has_own].groupby(label)] + [table[~has_own]] * (not has_own.all())
    wanted = random.multinomial(rows, [len(group) / len(table) for group in groups])
    drawn = [Gaussian.learn(group, random).draw(count, random) for group, count in zip(groups, wanted, strict=True)]
    return pd.concat(drawn).sample(frac=1, random_state=random.integers(2**31)).reset_index(drop=True)
