"""What a network is held against: scikit-learn's models, on the columns that the network sees."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import sparse
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from configs.schema.baselines import SklearnModel
from configs.schema.label import Label
from trainer.features.transforms import Column
from trainer.training.dataset import Examples
from trainer.training.folds import Part

Matrix: TypeAlias = np.ndarray | sparse.csr_matrix
ANCHORS = 500  # rows that the support vector machine's kernel compares all others with
LEAF = 20  # rows that a tree's answer rests on, at least
PATIENCE = 10_000  # iterations
SEED = 0

CLASSIFIERS: dict[SklearnModel, Callable[[], Any]] = {
    "majority": lambda: DummyClassifier(strategy="prior"),
    "logistic": lambda: LogisticRegression(max_iter=PATIENCE),
    "tree": lambda: DecisionTreeClassifier(min_samples_leaf=LEAF, random_state=SEED),
    "svm": lambda: LinearSVC(dual="auto", max_iter=PATIENCE, random_state=SEED),
}
REGRESSORS: dict[SklearnModel, Callable[[], Any]] = {
    "mean": DummyRegressor,
    "linear": LinearRegression,
    "tree": lambda: DecisionTreeRegressor(min_samples_leaf=LEAF, random_state=SEED),
    "svm": lambda: TransformedTargetRegressor(
        LinearSVR(dual="auto", max_iter=PATIENCE, random_state=SEED), transformer=StandardScaler()
    ),
}


class Answer(NamedTuple):
    """What a model says, [rows, units] as a network answers, and the seconds that it took to be trained and asked."""

    scores: np.ndarray
    seconds: float

    def take(self, chosen: np.ndarray) -> "Answer":
        """Returns what it says of those rows alone for which there is a True."""
        return self._replace(scores=self.scores[chosen])


def answer(
    names: Sequence[SklearnModel], label: Label, columns: Sequence[Column], train: Examples, test: Examples
) -> dict[str, Answer]:
    """Returns what each model, trained on the one, says of the other."""
    seen, asked = (assemble(columns, rows.columns) for rows in (train, test))
    weight = None if train.weight is None else train.weight.ravel()
    answers: dict[str, Answer] = {}
    for name in names:
        start = time.perf_counter()
        known, wanted = spread_out(seen, asked) if name == "svm" else (seen, asked)
        scores = ask(name, label, known, train.label, weight, wanted).astype("float32")
        answers[name] = Answer(scores, time.perf_counter() - start)
    return answers


def answer_folds(
    names: Sequence[SklearnModel], label: Label, columns: Sequence[Column], rows: Examples, parts: Sequence[Part]
) -> dict[str, Answer]:
    """Returns what each model says of the rows that a part judges, trained on those it knows; the seconds of all."""
    answers: dict[str, Answer] = {}
    for known, _, held in parts:
        for name, (told, seconds) in answer(names, label, columns, rows.take(known), rows.take(held)).items():
            scores, spent = answers.get(name) or (np.zeros((len(held), told.shape[1]), told.dtype), 0.0)
            scores[held] = told
            answers[name] = Answer(scores, spent + seconds)
    return answers


def assemble(columns: Sequence[Column], tensors: Mapping[str, np.ndarray]) -> Matrix:
    """Returns [rows, width]: numbers as they are, a 1 in the place of each id, and how often each word occurs."""
    parts = [_lay_out(column, tensors[column.name]) for column in columns if not column.mask_of]
    if any(sparse.issparse(part) for part in parts):
        return sparse.hstack([sparse.csr_matrix(part) for part in parts], format="csr")
    return np.hstack(parts)


def spread_out(seen: Matrix, asked: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Returns both in coordinates in which a linear model is one of the radial kernel (Williams and Seeger, 2001).

    The kernel is as wide as that of scikit-learn's SVC; its cost grows with the rows, and not with their square.
    """
    squares = seen**2 if isinstance(seen, np.ndarray) else seen.multiply(seen)
    variance = float(squares.mean() - seen.mean() ** 2)
    kernel = Nystroem(
        gamma=1 / (seen.shape[1] * (variance or 1.0)), n_components=min(ANCHORS, seen.shape[0]), random_state=SEED
    )
    return kernel.fit_transform(seen), kernel.transform(asked)


def ask(
    name: SklearnModel, label: Label, x: Matrix, y: np.ndarray, weight: np.ndarray | None, asked: Matrix
) -> np.ndarray:
    """Returns what one model, trained on rows x with labels y, says of others: [rows, units]."""
    if label.kind == "regression":
        return REGRESSORS[name]().fit(x, y.ravel(), sample_weight=weight).predict(asked)[:, None]
    if label.kind == "multiclass":
        return score(name, x, y.ravel(), weight, asked, len(label.values))
    return np.hstack([score(name, x, marks, weight, asked, 2)[:, 1:] for marks in y.T])


def score(
    name: SklearnModel, x: Matrix, y: np.ndarray, weight: np.ndarray | None, asked: Matrix, count: int
) -> np.ndarray:
    """Returns [rows, count], the share of each class; of margins their sigmoid, or their softmax."""
    kind = name if len(np.unique(y)) > 1 else "majority"  # where one class is all there is, others cannot be trained
    model = CLASSIFIERS[kind]().fit(x, y, sample_weight=weight)
    scores = np.zeros((asked.shape[0], count))
    if hasattr(model, "predict_proba"):
        scores[:, model.classes_] = model.predict_proba(asked)
        return scores
    margins = model.decision_function(asked)
    if margins.ndim == 1:
        margins = np.stack([np.zeros_like(margins), margins], axis=1)
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    scores[:, model.classes_] = powers / powers.sum(axis=1, keepdims=True)
    return scores


def _lay_out(column: Column, values: np.ndarray) -> Matrix:
    if column.size is None:
        return values.reshape(len(values), -1).astype("float64")
    rows, places = np.nonzero(values) if column.length else (np.arange(len(values)), np.zeros(len(values), "int64"))
    ones = np.ones(len(rows))
    return sparse.csr_matrix((ones, (rows, values[rows, places])), shape=(len(values), column.size))
