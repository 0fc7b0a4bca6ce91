"""The ten tables that quality is measured on: of scikit-learn, the sample of taxi trips, and generated ones."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.samples import catalog

LABEL = "label"
HELD_OUT = 0.3  # of the rows


@dataclass(frozen=True)
class Table:
    """Where a table is from, the kind of its label, and what makes it, the same each time."""

    source: str
    kind: str
    make: Callable[[], pd.DataFrame]

    def split(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Returns the rows that are shown, and those that are held out."""
        frame = self.make()
        out = np.random.default_rng(1).permutation(len(frame)) < HELD_OUT * len(frame)
        return frame[~out], frame[out]


def load(name: str) -> Callable[[], pd.DataFrame]:
    """Returns what loads a table that ships in scikit-learn."""

    def make() -> pd.DataFrame:
        from sklearn import datasets

        return getattr(datasets, f"load_{name}")(as_frame=True).frame.rename(columns={"target": LABEL})

    return make


def load_taxi() -> pd.DataFrame:
    """Returns the trips of sample://taxi, without the tips: these are what the label is made of."""
    frame = pd.read_csv(catalog.resolve("sample://taxi")).drop(columns="tips", errors="ignore")
    return frame.rename(columns={"big_tipper": LABEL})


def make_friedman() -> pd.DataFrame:
    """Returns 3,000 rows of Friedman's first function (1991): ten numbers, of which five count, and normal noise."""
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(3000, noise=1.0, random_state=0)
    return name(x.round(4)).assign(**{LABEL: y.round(3)})


def make_letters() -> pd.DataFrame:
    """Returns 6,000 rows as of the UCI's letters: 16 whole numbers from 0 to 15, 26 letters of four fonts each."""
    random = np.random.default_rng(0)
    fonts = random.normal(7.5, 2.6, (26, 1, 16)) + random.normal(0, 2.2, (26, 4, 16))
    letter, font = random.integers(0, 26, 6000), random.integers(0, 4, 6000)
    x = np.clip(fonts[letter, font] + random.normal(0, 1.5, (6000, 16)), 0, 15).round().astype(int)
    return name(x).assign(**{LABEL: [chr(ord("A") + number) for number in letter]})


def make_wine_quality() -> pd.DataFrame:
    """Returns 1,600 rows as of the UCI's red wine: eleven skewed numbers, some rows twice, and a mark from 3 to 8."""
    random = np.random.default_rng(0)
    shared = random.normal(size=(1600, 3)) @ random.normal(0, 0.7, (3, 11))
    z = shared + random.normal(size=(1600, 11))
    taste = 0.9 * z[:, 0] - 0.7 * np.abs(z[:, 1]) + 0.6 * z[:, 2] * (z[:, 3] > 0.5) - 0.5 * np.maximum(z[:, 4], 0) ** 2
    taste += random.normal(0, 0.55, 1600)
    marks = 3 + np.searchsorted(np.quantile(taste, [0.006, 0.04, 0.465, 0.864, 0.988]), taste)
    frame = name(np.exp(0.4 * z).round(3)).assign(**{LABEL: marks})
    return pd.concat([frame[:1400], frame.iloc[random.integers(0, 1400, 200)]], ignore_index=True)


def make_customers() -> pd.DataFrame:
    """Returns 5,000 customers who never were, a quarter of whom leaves: numbers and categories, some of them blank."""
    random, rows = np.random.default_rng(0), 5000
    contract = random.choice(["monthly", "yearly", "two years"], rows, p=[0.55, 0.25, 0.2])
    tenure = np.where(contract == "monthly", random.exponential(18, rows), random.uniform(1, 72, rows)).astype(int)
    internet = random.choice(["fibre", "dsl", "none"], rows, p=[0.45, 0.35, 0.2])
    fee = (20 + 50 * (internet == "fibre") + 25 * (internet == "dsl") + random.normal(0, 8, rows)).round(2)
    town, support = random.integers(0, 40, rows), random.random(rows) < 0.4
    risk = 1.2 * (contract == "monthly") - 1.0 * (contract == "two years") - 0.035 * tenure
    risk += 0.9 * ((internet == "fibre") & ~support) + 0.02 * (fee - 60) * (tenure < 12)
    risk += random.normal(0, 0.5, 40)[town]
    leaves = random.random(rows) < 1 / (1 + np.exp(0.9 - risk))
    frame = pd.DataFrame(
        {
            "contract": contract,
            "tenure": tenure.astype(float),
            "internet": internet,
            "fee": fee,
            "paid": (fee * tenure * random.uniform(0.9, 1.1, rows)).round(2),
            "town": [f"town {number}" for number in town],
            "support": np.where(support, "yes", "no"),
            "age": random.integers(18, 90, rows).astype(float),
        }
    )
    for column, share in {"fee": 0.05, "age": 0.2, "support": 0.1, "internet": 0.03}.items():
        frame.loc[random.random(rows) < share, column] = None
    return frame.assign(**{LABEL: np.where(leaves, "yes", "no")})


def name(x: np.ndarray) -> pd.DataFrame:
    """Returns numbers as a table."""
    return pd.DataFrame(x, columns=[f"x{place}" for place in range(x.shape[1])])


TABLES = {
    "iris": Table("scikit-learn", "multiclass", load("iris")),
    "wine": Table("scikit-learn", "multiclass", load("wine")),
    "breast_cancer": Table("scikit-learn", "binary", load("breast_cancer")),
    "digits": Table("scikit-learn, pixels as numbers", "multiclass", load("digits")),
    "diabetes": Table("scikit-learn", "regression", load("diabetes")),
    "taxi": Table("sample://taxi", "binary", load_taxi),
    "friedman": Table("generated: scikit-learn's make_friedman1", "regression", make_friedman),
    "letters": Table("generated, after the UCI's letters", "multiclass", make_letters),
    "wine_quality": Table("generated, after the UCI's red wine", "multiclass", make_wine_quality),
    "customers": Table("generated: numbers, categories, blanks", "binary", make_customers),
}
