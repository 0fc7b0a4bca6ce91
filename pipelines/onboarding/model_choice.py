"""Which model a first config has, and how it is trained: by the label, the columns, the rows, and a trial on them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from components.validation.profile import Column
from configs.errors import ConfigError
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.model_trial import LINEAR, TREES, Trial, try_models

TRIED = {  # by quality, the models that are tried, the simpler first, and on how many rows
    "fast": ((), 0),
    "good": (("linear", "loose linear", "trees", "small trees"), 2000),
    "best": (("linear", "loose linear", "trees", "small trees", "slow trees", "network"), 5000),
}
SMALL = 2000  # rows below which a network is tried before it is taken, and beyond which few weights need to be held
REFIT = 20_000  # rows below which a model of all of them is worth a second training
MANY = 1000  # trees, of which so many rows keep as many as are good
TABULAR = ("numeric", "categorical", "boolean", "timestamp")  # features that trees learn from
CROWD = 40  # classes, beyond which as many trees an iteration are too many
FEW = 300  # rows of which an epoch has so few steps that they must be large
SEEN = 40_000  # rows that a linear model sees, the same ones again and again


@dataclass(frozen=True)
class Choice:
    """A model and its training, as the YAML has them, and why."""

    model: str
    training: Mapping[str, str]
    reason: str


def choose_model(
    quality: str,
    rows: int,
    label: Column,
    kind: str,
    features: Mapping[str, Guess],
    columns: Mapping[str, Column],
    groups: np.ndarray | None = None,
    folds: int | None = None,
) -> Choice:
    """Returns the model for so many rows: `fast` by their number, else by a trial on those of the columns.

    Texts and several labels at once are learnt by networks, and none is tried. What few rows make learns from all of
    them in the end, unless it is to be fast; with folds it always does. Raises ConfigError for a quality that there is
    none of.
    """
    if quality not in TRIED:
        raise ConfigError(f"'{quality}' is no quality", "--quality", f"There are {', '.join(TRIED)}.")
    names, most = TRIED[quality]
    names = tuple(name for name in names if rows < SMALL or name != "loose linear")
    trial = None
    if names and is_tabular(label, kind, features):
        trial = try_models(names, expand(features, columns), label, kind, groups, most)
    choice = spell(trial, rows) if trial else choose_by_size(rows)
    if names and rows < REFIT and not folds:
        return replace(choice, training={**choice.training, "refit": "true"})
    return choice


def choose_by_size(rows: int) -> Choice:
    """Returns a linear model of few rows, and a network of many."""
    if rows < SMALL:
        training = {"batch_size": "32", "epochs": "200", "optimizer": "{name: adam, learning_rate: 0.02}"}
        return Choice("{family: linear}", training | {"early_stopping": "{patience: 20}"}, "For data of this size")
    training = {"batch_size": "256", "epochs": "20", "optimizer": "{name: adam, learning_rate: 0.001}"}
    stopping = {"early_stopping": "{patience: 3}"}
    return Choice("{family: wide_deep, hidden_units: [64, 32]}", training | stopping, "For data of this size")


def is_tabular(label: Column, kind: str, features: Mapping[str, Guess]) -> bool:
    """Whether trees can learn it."""
    known = all(found.kind in TABULAR for found in features.values())
    return known and kind != "multilabel" and (kind == "regression" or len(label.values) <= CROWD)


def expand(features: Mapping[str, Guess], columns: Mapping[str, Column]) -> dict[str, tuple[Column, Guess]]:
    """Returns each column that is a feature, or one of a pattern, with its guess."""
    found = {name: (columns[name], guess) for name, guess in features.items() if name in columns}
    for pattern, guess in features.items():
        if pattern not in columns:
            rest = [name for name in columns if name not in found and fnmatchcase(name, pattern)]
            found |= {name: (columns[name], guess) for name in rest}
    return found


def spell(trial: Trial, rows: int) -> Choice:
    """Returns what did best in a trial, as a config has it."""
    best = next(iter(trial.scores))
    if best in LINEAR:
        weight = (1 if trial.metric == "rmse" else 0.5) / rows / LINEAR[best]  # as scikit-learn's linear models have it
        rate = 0.3 if rows < FEW else 0.03
        training = {
            "batch_size": "16" if rows < SMALL / 2 else "auto",
            "epochs": str(int(np.clip(SEEN / rows, 20, 60))),
            "optimizer": f"{{name: adam, learning_rate: {rate}, schedule: {{kind: cosine}}}}",
        }
        return Choice(f"{{family: linear, l2: {weight:.1g}}}", training, str(trial))
    if best == "network":
        training = {
            "batch_size": "64",
            "epochs": "60",
            "optimizer": "{name: adamw, learning_rate: 0.001, weight_decay: 0.01, schedule: {kind: cosine}}",
            "early_stopping": "{patience: 10}",
        }
        return Choice("{family: dnn, hidden_units: [256, 128], dropout: 0.1, members: 4}", training, str(trial))
    options: dict[str, float] = dict(TREES[best]) if rows < REFIT else {**TREES[best], "max_iter": MANY}
    told = ", ".join(f"{name}: {value}" for name, value in options.items())
    training = {} if rows < REFIT else {"early_stopping": "{patience: 20}"}
    return Choice(f"{{family: boosted_trees, {told}}}", training, str(trial))
