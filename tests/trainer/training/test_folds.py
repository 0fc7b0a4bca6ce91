"""Which rows are in which fold."""

import numpy as np
import pytest

from configs.errors import DataRejected
from trainer.training.folds import divide, list_origins

ROWS = np.random.default_rng(0).permutation(10**6)[:103]


def label_of(*shares: int) -> np.ndarray:
    return np.repeat(np.arange(len(shares)), shares)[:, None]


def test_each_fold_has_as_many_rows_of_each_class() -> None:
    label = label_of(50, 43, 7, 3)
    folds = divide(ROWS, label, "multiclass", 5)
    table = np.array([np.bincount(folds[label[:, 0] == each], minlength=5) for each in range(4)])
    assert np.ptp(table, axis=1).max() == 1
    assert np.ptp(table.sum(axis=0)) == 1


@pytest.mark.parametrize(("kind", "classes"), [("regression", 1), ("multilabel", 3)])
def test_of_other_labels_it_has_as_many_rows(kind: str, classes: int) -> None:
    label = np.random.default_rng(1).random((103, classes))
    assert np.bincount(divide(ROWS, label, kind, 10)).tolist() == [11, 11, 11, *[10] * 7]


def test_equal_rows_are_in_one_fold_whatever_their_label_and_order() -> None:
    rows, label = np.tile(ROWS[:20], 5), label_of(50, 50)
    folds = divide(rows, label, "binary", 4)
    assert (folds.reshape(5, 20) == folds[:20]).all()
    mixed = np.random.default_rng(2).permutation(103)
    assert (divide(ROWS, label_of(103), "binary", 4)[mixed] == divide(ROWS[mixed], label_of(103), "binary", 4)).all()


def test_fewer_rows_than_folds_are_refused() -> None:
    with pytest.raises(DataRejected, match="Only 2 rows differ in their features, too few for 3 folds"):
        divide(np.repeat([7, 8], 50), label_of(50, 50), "binary", 3)


def test_from_each_origin_rows_are_judged_by_what_knows_all_before_and_the_rows_just_before_are_looked_at() -> None:
    origins = np.array([2, -1, 0, 1, -1, 1])
    first, second = list_origins(origins)
    assert [origins[chosen].tolist() for chosen in first.choose(True)] == [[-1, -1], [0]]
    assert [origins[chosen].tolist() for chosen in second.choose(True)] == [[-1, 0, -1], [1, 1]]
    assert [origins[chosen].tolist() for chosen in second.choose(False)] == [[-1, 0, 1, -1, 1], [2]]
    assert [origins[part.judged].tolist() for part in (first, second)] == [[1, 1], [2]]
