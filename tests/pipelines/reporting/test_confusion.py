"""The figures of a class are scikit-learn's on the same rows."""

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from pipelines.reporting.confusion import Cell, name_classes


def test_each_class_has_what_scikit_learn_says_of_it():
    random = np.random.default_rng(4)
    actual, predicted = random.integers(0, 3, 200), random.integers(0, 3, 200)
    found = name_classes(confusion_matrix(actual, predicted).tolist(), ["a", "b", "c"])
    figures = [(row.precision, row.recall, row.f1, row.rows) for row in found]
    np.testing.assert_allclose(np.transpose(figures), precision_recall_fscore_support(actual, predicted))


def test_a_cell_has_its_count_and_its_share_of_the_actual_class():
    [first, second] = name_classes([[3.0, 1.0], [0.5, 0.5]], ["no", "yes"])
    assert first.cells == [Cell("no", 3.0, 0.75), Cell("yes", 1.0, 0.25)]
    assert (second.actual, second.rows) == ("yes", 1.0)


def test_a_class_without_a_row_is_shown_all_the_same():
    [known, missing] = name_classes([[3.0]], ["a", "b"])
    assert (known.precision, known.recall) == (1.0, 1.0)
    assert missing.cells == [Cell("a", 0.0, None), Cell("b", 0.0, None)]
    assert (missing.rows, missing.precision, missing.recall, missing.f1) == (0.0, None, None, None)
    assert name_classes([], ["a", "b"]) == []
