"""What made rows are worth, and how near they come to real ones.

Rows of the training split are what they were made from; those of the test split judge, and are the measure of how near
rows come to each other that have nothing to do with each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from pipelines.synthesis import rivals

MOST = 5000  # rows of each side, of which distances are taken and by which one is told from the other
FOLDS = 3
SEED = 0


@dataclass(frozen=True)
class Worth:
    """A method's rows: what models learn from them, how well they are told from real ones, and how near they come."""

    metric: str
    learnt: Mapping[str, float]  # by model, on the test split, trained on made rows
    real: Mapping[str, float]  # the same, trained on real ones
    told_apart: float  # AUC of trees that tell made rows from real ones: 0.5 is none, 1 is each
    near: float  # the median distance of a made row to the nearest real one
    near_real: float  # that of a row of the test split
    equal: float  # share of made rows that are a real one
    equal_real: float  # that of the test split's


def judge(
    kind: str, label: str, train: pd.DataFrame, test: pd.DataFrame, made: Mapping[str, pd.DataFrame]
) -> dict[str, Worth]:
    """Returns what the made rows of each method are worth; `label` is the column that `kind` is of."""
    real = learn(kind, label, train, test)
    near_real, equal_real = measure_distances(train, test)
    found = {}
    for method, rows in made.items():
        near, equal = measure_distances(train, rows)
        found[method] = Worth(
            metric=rivals.METRICS[kind],
            learnt=learn(kind, label, rows, test),
            real=real,
            told_apart=tell_apart(train, rows),
            near=near,
            near_real=near_real,
            equal=equal,
            equal_real=equal_real,
        )
    return found


@threadpool_limits.wrap(limits=1)  # of few rows, threads of trees wait for each other more than they work
def learn(kind: str, label: str, shown: pd.DataFrame, held: pd.DataFrame) -> dict[str, float]:
    """Returns what scikit-learn's models reach on some rows, trained on others."""
    reached = {}
    for name, model in rivals.make(kind).items():
        model.fit(shown.drop(columns=label), shown[label])
        wanted = held[label] == model.classes_[1] if kind == "binary" else held[label]
        answers = rivals.answer(model, kind, held.drop(columns=label))
        reached[name] = round(rivals.measure(kind, wanted.to_numpy(), answers), 4)
    return reached


@threadpool_limits.wrap(limits=1)
def tell_apart(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Returns the AUC, in folds, of trees that tell made rows from as many real ones."""
    most = min(MOST, len(real), len(made))
    rows = pd.concat([frame.sample(most, random_state=SEED) for frame in (real, made)], ignore_index=True)
    is_made = np.repeat([0, 1], most)
    trees = rivals.make("binary")["trees"]
    return round(float(cross_val_score(trees, rows, is_made, cv=FOLDS, scoring="roc_auc").mean()), 4)


def measure_distances(real: pd.DataFrame, others: pd.DataFrame) -> tuple[float, float]:
    """Returns the median distance of rows to the nearest real one, and the share that are one.

    Columns count alike: numbers in their standard deviations, categories 0 or 1 (Gower, 1971).
    """
    most = others.sample(min(MOST, len(others)), random_state=SEED)
    flat = rivals.make("regression")["linear"][0].set_params(onehotencoder__sparse_output=False)
    known = flat.fit_transform(real)
    distances = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(flat.transform(most))[0].ravel()
    return round(float(np.median(distances)), 4), round(float((distances < 1e-6).mean()), 4)
