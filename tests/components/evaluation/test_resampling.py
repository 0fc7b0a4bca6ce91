"""The figures of many resamples, against the sums that the Evaluator adds up of each."""

import numpy as np
import pytest

from components.evaluation.figures import choose_figures
from components.evaluation.resampling import choose_resampled
from configs.schema.config import Label
from tests.components.evaluation.test_eval_config import LABELS

ROWS, RESAMPLES, OFFSET = 200, 5, 1e6


def judged(kind, seed=0):
    """Labels and answers of rows, neither wholly right nor wrong."""
    drawn = np.random.default_rng(seed)
    scores = drawn.random((ROWS, {"multiclass": 3, "multilabel": 2, "quantiles": 3}.get(kind, 1))).round(2)
    if kind == "multiclass":
        return drawn.integers(0, 3, (ROWS, 1)), scores / scores.sum(axis=1, keepdims=True)
    if kind in ("regression", "quantiles"):
        return drawn.normal(size=(ROWS, 1)), np.sort(2 * scores, axis=1) + OFFSET
    return (drawn.random(scores.shape) < scores).astype(int), scores


@pytest.mark.parametrize("kind", LABELS)
def test_each_resample_has_the_figures_that_its_rows_add_up_to(kind):
    labels, answers = judged(kind)
    label = Label.model_validate(
        LABELS[kind] | ({"offset": OFFSET} if kind in ("regression", "quantiles") else {}), strict=False
    )
    weights = np.random.default_rng(1).integers(0, 4, (RESAMPLES, ROWS)) * np.linspace(0.5, 2, ROWS)
    figures, resampled = choose_figures(label), choose_resampled(label)
    assert list(resampled) == list(figures)
    for name, figure in figures.items():
        expected = [figure.result(figure.take(labels, answers, row)) for row in weights]
        found = resampled[name](labels.astype(float), answers - label.offset, weights)
        np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=name)


def test_what_no_row_tells_is_no_number():
    label = Label.model_validate(LABELS["binary"])
    labels, answers = np.zeros((3, 1)), np.full((3, 1), 0.2)
    found = choose_resampled(label)["auc"](labels, answers, np.ones((2, 3)))
    assert np.isnan(found).all()
