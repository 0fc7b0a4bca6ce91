"""What the sums of a few rows come to, worked out by hand; test_tfma_metrics.py has many, against scikit-learn's."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components.evaluation import sums

ONES = np.ones(4)
OF, TOLD = np.array([[1], [1], [0], [0]]), np.array([[0.9], [0.2], [0.8], [0.1]])
THREE = np.array([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])  # told 0, 1, 0, 2
NUMBERS, ANSWERS = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [2.0], [3.0], [6.0]])


def figure(kind, labels, answers, weights=ONES):
    """What comes of the sums of rows that come in two parts."""
    found = kind()
    halves = [found.take(labels[part], answers[part], weights[part]) for part in (slice(0, 2), slice(2, None))]
    return found.result(found.add(halves))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (sums.Accuracy, 0.5),
        (sums.Precision, 0.5),
        (sums.Recall, 0.5),
        (sums.F1, 0.5),
        (sums.Area, 0.75),
        (sums.Rows, 4.0),
        (sums.LogLoss, -(2 * math.log(0.9) + 2 * math.log(0.2)) / 4),
        (sums.Totals, 1.0),
    ],
)
def test_one_of_two_classes(kind, expected):
    assert figure(kind, OF, TOLD) == pytest.approx(expected)


def test_the_curve_of_two_classes_is_scikit_learn_s():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (2000, 1))
    answers = (labels * 0.3 + random.random((2000, 1)) * 0.7).astype(np.float64)
    points = sums.Points()
    curve = points.result(points.measure(labels, answers, np.ones(2000)))
    scores, negatives, positives = curve.T
    assert curve.shape == (100, 3)
    assert (curve[0].tolist(), curve[-1, 1:].tolist()) == ([1.0, 0.0, 0.0], [1.0, 1.0])
    for score, false, true in curve[::10]:
        assert (answers[labels == 0] >= score).mean() == pytest.approx(false)
        assert (answers[labels == 1] >= score).mean() == pytest.approx(true)
    area = np.sum(np.diff(negatives) * (positives[1:] + positives[:-1]) / 2)
    assert area == pytest.approx(roc_auc_score(labels.ravel(), answers.ravel()), abs=0.002)


def test_a_curve_of_few_rows_has_as_many_lines():
    curve = figure(sums.Points, OF, TOLD)
    assert curve.shape == (100, 3)
    assert [line.tolist() for line in np.unique(curve, axis=0)[::-1]] == [
        [1, 0, 0], [0.9, 0, 0.5], [0.8, 0.5, 0.5], [0.2, 0.5, 1], [0.1, 1, 1],
    ]  # fmt: skip
    assert figure(sums.Points, np.ones((4, 1)), TOLD)[-1].tolist() == [0.1, 0.0, 1.0]


def test_rows_count_by_their_weight():
    weights = np.array([3.0, 1.0, 1.0, 1.0])
    assert figure(sums.Accuracy, OF, TOLD, weights) == pytest.approx(4 / 6)
    assert figure(sums.Precision, OF, TOLD, weights) == 0.75
    assert figure(sums.Rows, OF, TOLD, weights) == 6


def test_one_of_several_classes():
    labels = np.array([[0], [1], [2], [2]])
    assert figure(sums.WholeTable, labels, THREE).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert figure(sums.Accuracy, labels, THREE) == 0.75
    assert figure(sums.Hits, labels, THREE) == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (sums.AbsoluteError, 0.5),
        (sums.SquaredError, 1.0),
        (sums.Moments, 1 - 4 / 5),
        (sums.Totals, 1.2),
    ],
)
def test_a_number(kind, expected):
    assert figure(kind, NUMBERS, ANSWERS) == pytest.approx(expected)


def test_how_many_are_told_of_each_class():
    assert figure(sums.Told, np.array([[0], [1], [0], [2]]), THREE).ravel().tolist() == [2, 1, 1]
    assert figure(sums.Told, np.zeros((4, 3)), THREE).ravel().tolist() == [2, 1, 1]


def test_percentiles_of_answers_are_numpy_s():
    random = np.random.default_rng(0)
    answers = random.normal(1000, 300, (5000, 1))
    edges = figure(sums.Percentiles, answers, answers, np.ones(5000)).ravel()
    expected = np.quantile(answers, np.linspace(0, 1, 101), method="inverted_cdf")
    np.testing.assert_allclose(edges, expected, rtol=0.005)
    few = figure(sums.Percentiles, TOLD, TOLD).ravel()
    assert (len(few), sorted(set(few.round(6).tolist()))) == (101, [0.1, 0.2, 0.8, 0.9])
