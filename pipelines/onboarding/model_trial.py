"""How well kinds of models do on the rows of a profile: what a first config is chosen by."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from components.validation.column_types import Role
from components.validation.profile import Column
from configs.schema.evaluation import Metric
from pipelines.onboarding.feature_guess import Guess

FOLDS = 4
IDS = ("categorical", "boolean")  # kinds of features whose values have no order
MOST = 200  # values of a category that are told apart; the others are one
SEED = 0
TREES: Mapping[str, Mapping[str, float]] = {  # the options of scikit-learn's, which are also our config's
    "trees": {"max_iter": 100},
    "small trees": {"max_iter": 200, "max_leaf_nodes": 8},
    "slow trees": {"max_iter": 300, "learning_rate": 0.05, "max_features": 0.5},
}
LINEAR: Mapping[str, float] = {"linear": 1.0, "loose linear": 10.0}  # by how freely weights grow: scikit-learn's C
FEWEST = 400  # rows that are tried, however many columns there are
CELLS = 1_000_000  # of the table times the trees of an iteration, that are tried in seconds
METRICS: dict[str, Metric] = {"binary": "auc", "multiclass": "accuracy", "regression": "rmse"}


@dataclass(frozen=True)
class Trial:
    """What each model reached on rows that it was not trained on, the better first; equal ones as they were given."""

    metric: Metric
    rows: int
    scores: Mapping[str, float]

    def __str__(self) -> str:
        told = ", ".join(f"{name} {score:.4g}" for name, score in self.scores.items())
        return f"Tried: {self.metric} by {FOLDS}-fold cross-validation on {self.rows:,} rows: {told}"


def try_models(
    names: Sequence[str],
    features: Mapping[str, tuple[Column, Guess]],
    label: Column,
    kind: str,
    groups: np.ndarray | None = None,
    most: int = 2000,
) -> Trial | None:
    """Returns how well the models named do, on `most` rows at most; None where they cannot be tried on so few.

    `features` are columns and what they are taken for; rows whose number in `groups` is the same are never parted. Each
    model stands for a family of ours: scikit-learn trains it in a second or two.
    """
    from sklearn.model_selection import cross_val_predict
    from threadpoolctl import threadpool_limits

    rows = choose_rows(label.codes(), min(most, max(FEWEST, CELLS // (len(features) * count_trees(label, kind)))))
    targets = label.codes()[rows]
    y = label.numbers[targets] if kind == "regression" else targets
    folds = divide(targets, kind, None if groups is None else groups[rows])
    if not folds:
        return None
    ids = np.array([found.kind in IDS for _, found in features.values()])
    table = np.stack([_read(column, found)[rows] for column, found in features.values()], axis=1)
    method = "predict_proba" if kind == "binary" else "predict"
    scores = {}
    with warnings.catch_warnings(), threadpool_limits(1):  # of so few rows, threads would wait for one another
        warnings.simplefilter("ignore")  # of classes that are rare, and of models that would learn on
        for name in names:
            answers = cross_val_predict(MODELS[name](kind, ids), table, y, cv=folds, method=method)
            scores[name] = _measure(METRICS[kind], y, answers)
    ranked = sorted(scores.items(), key=lambda pair: pair[1] if kind == "regression" else -pair[1])
    return Trial(METRICS[kind], len(rows), dict(ranked))


def count_trees(label: Column, kind: str) -> int:
    """Returns how many trees an iteration has: one for each of several classes."""
    return len(label.values) if kind == "multiclass" else 1


def choose_rows(targets: np.ndarray, most: int) -> np.ndarray:
    """Returns the places of as many rows with a label, spread evenly over each of its values."""
    known = np.flatnonzero(targets >= 0)
    spread = known[np.argsort(targets[known], kind="stable")]
    return np.sort(spread[np.unique(np.linspace(0, len(spread) - 1, most, dtype=int))])


def divide(targets: np.ndarray, kind: str, groups: np.ndarray | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns the rows that train and those that judge, of each fold; none where a second class is too rare."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    whole, parted = (KFold, GroupKFold) if kind == "regression" else (StratifiedKFold, StratifiedGroupKFold)
    least = len(targets) if kind == "regression" else np.sort(np.bincount(targets))[-2]
    if least < FOLDS or (groups is not None and len(np.unique(groups)) < FOLDS):
        return []
    maker = whole(FOLDS, shuffle=True, random_state=SEED) if groups is None else parted(FOLDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rare classes, which not every fold has
        folds = list(maker.split(targets, targets, groups))
    return folds if all(len(np.unique(targets[train])) > 1 for train, _ in folds) else []


def _read(column: Column, found: Guess) -> np.ndarray:
    """Returns a number for each cell, NaN where it is missing; of a category one for each value, -1 where it is."""
    codes = column.codes()
    if found.kind in IDS:
        return np.minimum(codes, MOST).astype(float)
    role = Role(found.kind, column.name, format=found.options.get("format"))
    numbers = column.numbers if found.kind == "numeric" else role.convert(column.values).to_numpy().astype(float)
    return np.append(numbers, np.nan)[codes]


def _measure(metric: Metric, y: np.ndarray, answers: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    if metric == "auc":
        return float(roc_auc_score(y, answers[:, 1]))
    if metric == "accuracy":
        return float((y == answers).mean())
    return float(np.sqrt(((y - answers) ** 2).mean()))


def _flatten(ids: np.ndarray) -> Any:
    """Returns what standardises numbers, and makes a column of each value of a category."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    known = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer((numbers, ~ids), (known, ids))


def _linear(freedom: float, kind: str, ids: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    if kind == "regression":
        return make_pipeline(_flatten(ids), Ridge(1 / freedom))
    return make_pipeline(_flatten(ids), LogisticRegression(C=freedom, max_iter=500))


def _network(kind: str, ids: np.ndarray) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    options = {"hidden_layer_sizes": (256, 128), "batch_size": 64, "max_iter": 40, "alpha": 1e-3, "random_state": SEED}
    if kind != "regression":
        return make_pipeline(_flatten(ids), MLPClassifier(**options))
    return TransformedTargetRegressor(
        make_pipeline(_flatten(ids), MLPRegressor(**options)), transformer=StandardScaler()
    )


def _trees(options: Mapping[str, float], kind: str, ids: np.ndarray) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    made = HistGradientBoostingRegressor if kind == "regression" else HistGradientBoostingClassifier
    return made(categorical_features=ids, early_stopping=False, random_state=SEED, **options)


MODELS: dict[str, Callable[[str, np.ndarray], Any]] = {
    **{name: partial(_linear, freedom) for name, freedom in LINEAR.items()},
    "network": _network,
    **{name: partial(_trees, options) for name, options in TREES.items()},
}
