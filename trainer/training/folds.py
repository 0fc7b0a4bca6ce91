"""Which rows judge which model, where all rows are to judge and each is to be learnt from as well."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from configs.errors import DataRejected
from configs.quantities import count


class Part(NamedTuple):
    """Which rows a model is trained on, which of them may be looked at after each epoch instead, and which it judges.

    Each is [rows], of booleans.
    """

    known: np.ndarray
    watched: np.ndarray
    judged: np.ndarray

    def choose(self, watches: bool) -> tuple[np.ndarray, np.ndarray]:
        """Returns the rows that train, and those that are looked at: where that decides nothing, those it judges."""
        return (self.known & ~self.watched, self.watched) if watches else (self.known, self.judged)


def list_folds(folds: np.ndarray) -> Sequence[Part]:
    """Returns the part of each fold: what has learnt from the others judges it, and the next of these is looked at."""
    total = int(folds.max()) + 1
    return [Part(folds != fold, folds == (fold + 1) % total, folds == fold) for fold in range(total)]


def list_origins(origins: np.ndarray) -> Sequence[Part]:
    """Returns the part of each origin: the rows from it to the next, judged by what has learnt from all before it.

    Those from the last origin before are looked at, or those of eval. This is the evaluation on a rolling origin of
    Hyndman and Athanasopoulos (2021), section 5.10.
    """
    return [Part(origins < origin, origins == origin - 1, origins == origin) for origin in range(1, origins.max() + 1)]


def divide(rows: np.ndarray, label: np.ndarray, kind: str, folds: int) -> np.ndarray:
    """Returns the fold of each row, [rows], by what `trainer.features.identity` tells of it and by its label.

    Equal rows are in one fold, whatever their labels; else each has as many rows, of each class as well. Raises
    DataRejected where fewer rows differ than there are folds.
    """
    known, first, places = np.unique(rows, return_index=True, return_inverse=True)
    if len(known) < folds:
        what = f"Only {count(len(known), 'row')} differ in their features, too few for {folds} folds."
        raise DataRejected(what, "evaluation.folds", "Bring more rows, or leave evaluation.folds out.")
    classes = label[first, 0] if kind in ("binary", "multiclass") else np.zeros(len(known))
    found = np.empty(len(known), int)
    found[np.lexsort((known, classes))] = np.arange(len(known)) % folds
    return found[places]
