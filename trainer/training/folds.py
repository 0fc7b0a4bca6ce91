"""Which rows judge which model, where all rows are to judge and each is to be learnt from as well."""

import numpy as np

from configs.errors import DataRejected
from configs.quantities import count


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
