"""What a threshold does is what scikit-learn counts on the same rows."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score, roc_curve

from pipelines.reporting.threshold import read_curve

random = np.random.default_rng(8)
LABELS = random.integers(0, 2, 300)
SCORES = np.round((LABELS + random.normal(size=300)) / 4 + 0.4, 2).clip(0, 1)


def test_each_point_has_the_figures_of_its_threshold():
    false_rates, recalls, thresholds = roc_curve(LABELS, SCORES, drop_intermediate=False)
    roc = np.transpose([thresholds, false_rates, recalls])[1:].tolist()
    curve = read_curve(roc, confusion_matrix(LABELS, SCORES >= 0.5).tolist())
    assert len(curve.points) == len(roc)
    for point in curve.points:
        predicted = point.threshold <= SCORES
        counts = [[point.true_negatives, point.false_positives], [point.false_negatives, point.true_positives]]
        assert counts == confusion_matrix(LABELS, predicted).tolist()
        assert point.precision == pytest.approx(precision_score(LABELS, predicted), abs=1e-4)
        assert point.recall == pytest.approx(recall_score(LABELS, predicted), abs=1e-4)
        assert point.f1 == pytest.approx(f1_score(LABELS, predicted), abs=1e-4)
    used = curve.points[curve.used]
    assert used.threshold == SCORES[SCORES > 0.5].min()
    assert used.true_positives == ((SCORES > 0.5) & (LABELS == 1)).sum()


def test_where_no_score_is_above_the_threshold_nothing_is_predicted():
    curve = read_curve([[1.0, 0.0, 0.0], [0.49, 0.0, 0.1], [0.0, 1.0, 1.0]], [[10.0, 0.0], [10.0, 0.0]])
    assert (curve.used, curve.points[curve.used].true_positives) == (0, 0)


def test_where_nothing_is_predicted_there_is_no_precision():
    curve = read_curve([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]], [[4.0, 1.0], [2.0, 3.0]])
    first, last = curve.points
    assert (first.precision, first.false_negatives) == (None, 5)
    assert (last.precision, last.false_positives) == (0.5, 5)


@pytest.mark.parametrize(
    ("roc", "confusion"),
    [([], [[1.0, 2.0], [3.0, 4.0]]), ([[0.5, 0.1, 0.2]], []), ([[0.5, 0.1, 0.2]], [[1.0, 2.0], [0.0, 0.0]])],
)
def test_without_two_classes_there_is_no_curve(roc, confusion):
    assert read_curve(roc, confusion) is None
