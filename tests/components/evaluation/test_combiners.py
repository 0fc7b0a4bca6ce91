"""What the sums of a few rows come to, worked out by hand; test_tfma_metrics.py has many, against scikit-learn's."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components.evaluation import combiners

ONES = np.ones(4)
OF, TOLD = np.array([[1], [1], [0], [0]]), np.array([[0.9], [0.2], [0.8], [0.1]])
THREE = np.array([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])  # told 0, 1, 0, 2
NUMBERS, ANSWERS = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [2.0], [3.0], [6.0]])


def figure(kind, labels, answers, weights=ONES):
    """What a combiner makes of rows that come in two parts."""
    combiner = kind(key="figure", eval_config=None)
    halves = [combiner.measure(labels[part], answers[part], weights[part]) for part in (slice(0, 2), slice(2, 4))]
    return combiner.extract_output(combiner.merge_accumulators([None, *halves]))["figure"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (combiners.Accuracy, 0.5),
        (combiners.Precision, 0.5),
        (combiners.Recall, 0.5),
        (combiners.F1, 0.5),
        (combiners.Area, 0.75),
        (combiners.Rows, 4.0),
        (combiners.LogLoss, -(2 * math.log(0.9) + 2 * math.log(0.2)) / 4),
        (combiners.Totals, 1.0),
    ],
)
def test_one_of_two_classes(kind, expected):
    assert figure(kind, OF, TOLD) == pytest.approx(expected)


def test_the_curve_of_two_classes_is_scikit_learn_s():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (2000, 1))
    answers = (labels * 0.3 + random.random((2000, 1)) * 0.7).astype(np.float64)
    combiner = combiners.Points(key="figure", eval_config=None)
    curve = combiner.result(combiner.measure(labels, answers, np.ones(2000)))
    scores, negatives, positives = curve.T
    assert curve.shape == (100, 3)
    assert (curve[0].tolist(), curve[-1, 1:].tolist()) == ([1.0, 0.0, 0.0], [1.0, 1.0])
    for score, false, true in curve[::10]:
        assert (answers[labels == 0] >= score).mean() == pytest.approx(false)
        assert (answers[labels == 1] >= score).mean() == pytest.approx(true)
    area = np.sum(np.diff(negatives) * (positives[1:] + positives[:-1]) / 2)
    assert area == pytest.approx(roc_auc_score(labels.ravel(), answers.ravel()), abs=0.002)


def test_a_curve_of_few_rows_has_as_many_lines():
    curve = figure(combiners.Points, OF, TOLD)
    assert curve.shape == (100, 3)
    assert [line.tolist() for line in np.unique(curve, axis=0)[::-1]] == [
        [1, 0, 0], [0.9, 0, 0.5], [0.8, 0.5, 0.5], [0.2, 0.5, 1], [0.1, 1, 1],
    ]  # fmt: skip
    assert figure(combiners.Points, np.ones((4, 1)), TOLD)[-1].tolist() == [0.1, 0.0, 1.0]


def test_rows_count_by_their_weight():
    weights = np.array([3.0, 1.0, 1.0, 1.0])
    assert figure(combiners.Accuracy, OF, TOLD, weights) == pytest.approx(4 / 6)
    assert figure(combiners.Precision, OF, TOLD, weights) == 0.75
    assert figure(combiners.Rows, OF, TOLD, weights) == 6


def test_one_of_several_classes():
    labels = np.array([[0], [1], [2], [2]])
    assert figure(combiners.WholeTable, labels, THREE).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert figure(combiners.Accuracy, labels, THREE) == 0.75
    assert figure(combiners.Hits, labels, THREE) == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (combiners.AbsoluteError, 0.5),
        (combiners.SquaredError, 1.0),
        (combiners.Moments, 1 - 4 / 5),
        (combiners.Totals, 1.2),
    ],
)
def test_a_number(kind, expected):
    assert figure(kind, NUMBERS, ANSWERS) == pytest.approx(expected)


def test_no_rows_have_no_figure():
    combiner = combiners.Accuracy(key="figure", eval_config=None)
    assert math.isnan(combiner.extract_output(combiner.create_accumulator())["figure"])
