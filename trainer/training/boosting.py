"""Training boosted trees: by scikit-learn, on the columns, weights and eval split that networks are trained on."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import keras
import numpy as np

from configs.progress import PROGRESS
from configs.schema.label import Label
from configs.schema.models import BoostedTrees
from configs.schema.training import Training
from trainer.features.transforms import Column
from trainer.labels import HEADS, adapt, count_units
from trainer.models.boosted_trees import build, order
from trainer.training.dataset import Examples, Rows, read
from trainer.training.forest import collect
from trainer.training.losses import loss
from trainer.training.metrics import metrics

FIRST = 16  # iterations before the first look at the eval split; each later look doubles them
TOLD = 10  # iterations between two lines of progress
FAR = 16.0  # logits: as good as certain
LOSSES = {"mse": "squared_error", "mae": "absolute_error"}


def fit(
    options: BoostedTrees, training: Training, label: Label, columns: Sequence[Column], splits: tuple[Rows, Rows]
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Returns a trained model, and its history: a figure of each iteration, which is an epoch here, by name.

    The loss is what `trainer.training.fit` would tell. With early stopping the model ends with the best iteration. A
    class that no training row has gets no trees, and a score near 0.
    """
    seen = order(columns, options.max_bins)
    rows, others = (read(split) for split in splits)
    mean, spread = find_moments(rows.label) if label.kind == "regression" else (0.0, 1.0)
    units, baseline = place(label, np.unique(rows.label))
    estimator, judge = make(options, training, label, seen), Judge(training, label, rows, mean, spread)
    x, asked = (tabulate(seen, split.columns) for split in (rows, others))
    y = (rows.label.ravel().astype("float64") - mean) / spread if label.kind == "regression" else rows.label.ravel()
    weight = None if rows.weight is None else rows.weight.ravel()
    history: dict[str, list[float]] = {}
    kept = 0
    for raw, theirs in grow(estimator, (x, y, weight), (x, asked), options.max_iter if units else 0):
        told = {"loss": judge.lose(fill(raw, units, baseline), rows)} | judge.look(
            fill(theirs, units, baseline), others
        )
        for name, value in told.items():
            history.setdefault(name, []).append(value)
        done, kept = len(history["loss"]), count_kept(history["val_loss"], training)
        if done % TOLD == 0:
            PROGRESS.info("iteration %d of %d, eval loss %.4f", done, options.max_iter, history["val_loss"][-1])
        if training.early_stopping and done - kept >= max(1, training.early_stopping.patience):
            break
    if units:
        baseline[units] = estimator._baseline_prediction.ravel()
    known = [np.unique(x[:, place]).astype("int64") for place in range(count_native(seen, options.max_bins))]
    trees = estimator._predictors[:kept] if units else []
    model = build(options, label, columns, collect(trees, units, known, baseline))
    if label.kind == "regression":
        adapt(model, mean, spread)
    return model, history


def tabulate(columns: Sequence[Column], tensors: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns [rows, width] of the columns side by side, float64 of float32: what the model is asked with."""
    parts = [tensors[column.name].reshape(len(tensors[column.name]), -1).astype("float32") for column in columns]
    return np.hstack(parts).astype("float64")


def place(label: Label, found: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Returns which of the model's units have trees, by the labels that were found, and what all others say."""
    if label.kind == "regression":
        return [0], np.zeros(1)
    if label.kind == "binary":
        return ([0], np.zeros(1)) if len(found) > 1 else ([], np.where(found, FAR, -FAR))
    baseline = np.full(count_units(label), -FAR)
    baseline[found] = 0.0
    return list(map(int, {1: found[:0], 2: found[1:]}.get(len(found), found))), baseline


def make(options: BoostedTrees, training: Training, label: Label, columns: Sequence[Column]) -> Any:
    """Returns scikit-learn's untrained model."""
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,  # only here: it loads scikit-learn, a second that no network needs
    )

    width = sum(1 if column.shape is None else int(np.prod(column.shape)) for column in columns)
    native = count_native(columns, options.max_bins)
    given = options.model_dump(exclude={"family"}) | {
        "categorical_features": np.arange(width) < native if native else None,
        "early_stopping": False,
        "random_state": training.seed,
        "warm_start": True,
    }
    if label.kind != "regression":
        return HistGradientBoostingClassifier(**given)
    return HistGradientBoostingRegressor(loss=LOSSES[training.loss.name if training.loss else "mse"], **given)


def count_native(columns: Sequence[Column], most: int) -> int:
    """Returns how many of the ordered columns are ids that trees can split in any two parts."""
    return sum(column.size is not None and column.size <= most for column in columns)


def grow(
    estimator: Any, data: tuple[np.ndarray | None, ...], tables: Sequence[np.ndarray], most: int
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yields what the trees say of each table after each iteration, [rows, trees of an iteration]; once if none."""
    if not most:
        yield tuple(np.zeros((len(table), 0)) for table in tables)
    done = 0
    while done < most:
        total = min(most, max(FIRST, 2 * done))
        estimator.set_params(max_iter=total).fit(*data)
        answer = getattr(estimator, "staged_decision_function", None) or estimator.staged_predict
        stages = zip(*(answer(table) for table in tables), strict=True)
        yield from (tuple(raw.reshape(len(raw), -1) for raw in stage) for stage in islice(stages, done, None))
        done = total


def fill(raw: np.ndarray, units: Sequence[int], baseline: np.ndarray) -> np.ndarray:
    """Returns [rows, units of the model] of what the trees of some units say."""
    whole = np.tile(baseline, (len(raw), 1))
    whole[:, list(units)] = raw
    return whole


def count_kept(losses: Sequence[float], training: Training) -> int:
    """Returns how many iterations make the model: all, or those up to the best."""
    return int(np.argmin(losses)) + 1 if training.early_stopping else len(losses)


def find_moments(label: np.ndarray) -> tuple[float, float]:
    """Returns the mean and the standard deviation of numbers, or 1 where all are alike."""
    values = label.astype("float64")
    return float(values.mean()), float(values.std()) or 1.0


class Judge:
    """The loss and the metrics of what trees say of rows, in the units in which a network's are told."""

    def __init__(self, training: Training, label: Label, rows: Examples, mean: float, spread: float) -> None:
        self.activation, self.mean, self.spread = keras.activations.get(HEADS[label.kind].activation), mean, spread
        self.loss, unit = loss(training.loss, label.kind, spread)
        self.unit = unit * (1.0 if rows.weight is None else float(rows.weight.mean()) or 1.0)
        self.metrics = metrics(training.metrics, label.kind, margin=False)

    def lose(self, raw: np.ndarray, rows: Examples) -> float:
        """Returns the loss."""
        return float(self.loss(rows.label, self._answer(raw), _weigh(rows))) / self.unit

    def look(self, raw: np.ndarray, rows: Examples) -> dict[str, float]:
        """Returns the loss and the metrics, by the names that they have on the eval split."""
        found = {"val_loss": self.lose(raw, rows)}
        for metric in self.metrics:
            metric.reset_state()
            metric.update_state(rows.label, self._answer(raw), _weigh(rows))
            found[f"val_{metric.name}"] = float(metric.result())
        return found

    def _answer(self, raw: np.ndarray) -> Any:
        return self.activation(keras.ops.convert_to_tensor(raw.astype("float32"))) * self.spread + self.mean


def _weigh(rows: Examples) -> np.ndarray | None:
    return None if rows.weight is None else rows.weight.ravel()
