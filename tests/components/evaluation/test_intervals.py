"""How far metrics may be off for want of rows, on rows for which theory says so as well."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import roc_auc_score

from components.evaluation.intervals import KEPT_IN, attach, enclose, estimate, keep_intervals
from components.evaluation.judgement import OVERALL, Measured
from components.evaluation.predictions import Predictions
from configs.schema.config import Label

BINARY = Label(name="tip", kind="binary")
NUMBER = Label(name="tip", kind="regression")
ROWS = 500


def predicted(labels, candidate, baseline=None, slices=None):
    columns = [None if part is None else np.asarray(part, float)[:, None] for part in (labels, candidate, baseline)]
    return Predictions(columns[0], np.ones(len(labels)), columns[1], columns[2], slices or [()] * len(labels))


def scored(seed=0):
    drawn = np.random.default_rng(seed)
    scores = drawn.random(ROWS)
    return drawn.random(ROWS) < scores, scores


def test_the_interval_is_scipys():
    labels, scores = scored()
    found = estimate(predicted(labels, scores), BINARY)["auc"]
    theirs = bootstrap((labels, scores), roc_auc_score, paired=True, vectorized=False, method="percentile",
                       n_resamples=500, random_state=0).confidence_interval  # fmt: skip
    assert found["interval"] == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert found["change"] is None


def test_a_mean_lies_between_what_its_standard_error_says():
    errors = np.random.default_rng(0).exponential(size=ROWS)
    low, high = estimate(predicted(np.zeros(ROWS), errors), NUMBER)["mae"]["interval"]
    reach = 1.96 * errors.std() / math.sqrt(ROWS)
    assert (low, high) == pytest.approx((errors.mean() - reach, errors.mean() + reach), abs=0.1 * reach)


def test_models_are_compared_on_the_same_rows():
    labels, scores = scored()
    noise = np.random.default_rng(1).normal(scale=0.02, size=ROWS)
    found = estimate(predicted(labels, scores, np.clip(scores + noise, 0, 1)), BINARY)["auc"]
    width, change = (high - low for low, high in (found["interval"], found["change"]))
    assert change < width / 5
    assert estimate(predicted(labels, scores, scores), BINARY)["auc"]["change"] == (0, 0)


def test_the_same_rows_have_the_same_interval():
    rows = predicted(*scored())
    assert estimate(rows, BINARY) == estimate(rows, BINARY)


def test_few_rows_have_none():
    labels, scores = scored()
    assert estimate(predicted(labels[:9], scores[:9]), BINARY) == {}
    alone = estimate(predicted(np.zeros(50), scores[:50]), BINARY)
    assert alone["auc"]["interval"] is None
    assert alone["log_loss"]["interval"] is not None


def test_resamples_that_do_not_have_a_metric_are_left_out_unless_they_are_most():
    assert enclose(np.array([1.0, 1.0, 1.0, np.nan])) == (1, 1)
    assert enclose(np.array([1.0, np.nan, np.nan])) is None


def test_metrics_take_up_what_an_evaluation_keeps(tmp_path):
    labels, scores = scored()
    slices = [("hour=1",) if row < 100 else ("hour=2",) if row < 105 else () for row in range(ROWS)]
    keep_intervals(predicted(labels, scores, scores / 2, slices), BINARY, str(tmp_path))
    kept = json.loads((tmp_path / KEPT_IN).read_text())
    assert kept.keys() == {OVERALL, "hour=1"}
    measured = [Measured(name, "accuracy", 0.7, 0.6) for name in (OVERALL, "hour=1", "hour=2")]
    whole, one, two = attach(measured, str(tmp_path))
    assert list(whole.interval) == kept[OVERALL]["accuracy"]["interval"]
    assert one.change[0] < one.change[1]
    assert two == measured[2]
    alone = replace(predicted(labels, scores, None, slices), slices=[()] * ROWS)
    keep_intervals(alone, BINARY, str(tmp_path))
    assert attach(measured, str(tmp_path))[0].change is None
