"""Every metric of every kind of label, as TFMA has it measured, against scikit-learn's."""

import json
import math

import keras
import numpy as np
import pytest
from sklearn import metrics as sklearn
from tensorflow_model_analysis.metrics import metric_types

from components.evaluation import tfma_metrics
from components.evaluation.eval_config import eval_config
from configs.schema.evaluation import METRICS
from tests.components.evaluation.test_eval_config import config_of

ROWS, PARTS = 400, 3


def measured(kind, label, answers, weight=None, offset=0.0):
    """The metrics by name, of labels and answers by row, which come in parts."""
    config = config_of(kind, weight="fare" if weight is not None else None)
    config = eval_config(config.model_copy(update={"label": config.label.model_copy(update={"offset": offset})}))
    config.model_specs[0].label_key = config.model_specs[0].prediction_key = ""
    weights = np.ones(len(label)) if weight is None else weight
    parts = [
        metric_types.StandardMetricInputs({"labels": some, "predictions": told, "example_weights": heavy})
        for some, told, heavy in zip(*(np.array_split(each, PARTS) for each in (label, answers, weights)), strict=True)
    ]
    found = {}
    for spec in config.metrics_specs:
        weighted = weight is not None and not spec.example_weights.unweighted
        for metric in spec.metrics:
            made = getattr(tfma_metrics, metric.class_name)(**json.loads(metric.config))
            for computation in made.computations(config, example_weighted=weighted):
                found |= combine(computation.combiner, parts)
    return {key.name: value for key, value in found.items() if key.name != "answers"}


def combine(combiner, parts):
    """What Beam makes of some parts in one place, and of the last in another."""
    here = there = combiner.create_accumulator()
    for part in parts[:-1]:
        here = combiner.add_input(here, part)
    there = combiner.add_input(there, parts[-1])
    return combiner.extract_output(combiner.merge_accumulators([here, combiner.create_accumulator(), there]))


@pytest.fixture
def random():
    return np.random.default_rng(5)


@pytest.mark.parametrize("weighted", [False, True])
def test_one_of_two_classes(random, weighted):
    label = random.integers(0, 2, ROWS)
    answers = np.clip(0.3 * label + random.uniform(0, 0.7, ROWS), 0.01, 0.99)
    weight = random.integers(1, 4, ROWS).astype(float) if weighted else np.ones(ROWS)
    told = answers > 0.5
    found = measured("binary", label, answers, weight if weighted else None)
    how = {"sample_weight": weight}
    expected = {
        "auc": sklearn.roc_auc_score(label, answers, **how),
        "auc_pr": sklearn.average_precision_score(label, answers, **how),
        "accuracy": sklearn.accuracy_score(label, told, **how),
        "precision": sklearn.precision_score(label, told, **how),
        "recall": sklearn.recall_score(label, told, **how),
        "f1": sklearn.f1_score(label, told, **how),
        "calibration": (answers * weight).sum() / (label * weight).sum(),
        "log_loss": sklearn.log_loss(label, answers, **how),
    }
    assert found.pop("example_count") == ROWS
    np.testing.assert_allclose(found.pop("confusion"), sklearn.confusion_matrix(label, told, **how))
    _, false, true = found.pop("roc").T
    assert sklearn.auc(false, true) == pytest.approx(expected["auc"], abs=0.01)
    assert found == pytest.approx(expected, abs=1e-3)


def test_one_of_several_classes(random):
    label = random.integers(0, 3, ROWS)
    answers = random.dirichlet([1, 1, 1], ROWS) + np.eye(3)[label] * 0.5
    answers /= answers.sum(axis=1, keepdims=True)
    found = measured("multiclass", label, answers)
    expected = {
        "accuracy": sklearn.accuracy_score(label, answers.argmax(axis=1)),
        "macro_f1": sklearn.f1_score(label, answers.argmax(axis=1), average="macro"),
        "log_loss": sklearn.log_loss(label, answers),
        "example_count": ROWS,
    }
    np.testing.assert_array_equal(found.pop("confusion"), sklearn.confusion_matrix(label, answers.argmax(axis=1)))
    assert found == pytest.approx(expected, abs=1e-5)


def test_any_of_several_classes(random):
    label = random.integers(0, 2, (ROWS, 3))
    answers = np.clip([0.5, 0.3, 0.1] * label + random.uniform(0, 0.5, (ROWS, 3)), 0, 1)
    found = measured("multilabel", label, answers)
    flat, told = label.ravel(), answers.ravel() > 0.5
    expected = {
        "auc": sklearn.roc_auc_score(flat, answers.ravel()),
        "auc_pr": sklearn.average_precision_score(flat, answers.ravel()),
        "precision": sklearn.precision_score(flat, told),
        "recall": sklearn.recall_score(flat, told),
        "f1": sklearn.f1_score(flat, told),
        "macro_f1": sklearn.f1_score(label, answers > 0.5, average="macro"),
        "example_count": ROWS,
    }
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_number(random, weighted):
    label = random.normal(100, 10, ROWS)
    answers = label + random.normal(1, 5, ROWS)
    weight = random.integers(1, 4, ROWS).astype(float) if weighted else np.ones(ROWS)
    found = measured("regression", label, answers, weight if weighted else None)
    how = {"sample_weight": weight}
    expected = {
        "rmse": np.sqrt(sklearn.mean_squared_error(label, answers, **how)),
        "mae": sklearn.mean_absolute_error(label, answers, **how),
        "r2": sklearn.r2_score(label, answers, **how),
        "calibration": (answers * weight).sum() / (label * weight).sum(),
        "example_count": ROWS,
    }
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("offset", [1e9, -1.7e12])
def test_a_number_that_is_large_beside_what_tells_it_apart(random, offset):
    label = random.normal(0, 10, ROWS).astype("float32")
    answers = offset + label.astype(float) + random.normal(1, 5, ROWS)
    whole = offset + label.astype(float)
    expected = {
        "rmse": np.sqrt(sklearn.mean_squared_error(whole, answers)),
        "mae": sklearn.mean_absolute_error(whole, answers),
        "r2": 1 - ((answers - whole) ** 2).sum() / (ROWS * label.astype(float).var()),
        "calibration": answers.sum() / whole.sum(),
        "example_count": ROWS,
    }
    found = measured("regression", label, answers, offset=offset)
    assert found.pop("calibration") - 1 == pytest.approx(expected.pop("calibration") - 1, rel=1e-3)
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_variance_of_large_numbers_is_no_rounding(random):
    label = random.normal(1e8, 1, ROWS)
    answers = label + random.normal(0, 0.5, ROWS)
    expected = 1 - ((label - answers) ** 2).sum() / ((label - label.mean()) ** 2).sum()
    assert measured("regression", label, answers)["r2"] == pytest.approx(expected, rel=1e-6)


def test_quantiles_of_a_number(random):
    label = random.normal(100, 10, ROWS)
    answers = label[:, None] * 0.5 + np.array([[38.0, 50.0, 62.0]]) + random.normal(0, 1, (ROWS, 1))
    found = measured("quantiles", label, answers)
    expected = {
        "pinball": np.mean(
            [
                sklearn.mean_pinball_loss(label, told, alpha=share)
                for share, told in zip((0.1, 0.5, 0.9), answers.T, strict=True)
            ]
        ),
        "coverage": np.mean((answers[:, 0] <= label) & (label <= answers[:, 2])),
        "rmse": np.sqrt(sklearn.mean_squared_error(label, answers[:, 1])),
        "mae": sklearn.mean_absolute_error(label, answers[:, 1]),
        "r2": sklearn.r2_score(label, answers[:, 1]),
        "calibration": answers[:, 1].sum() / label.sum(),
        "example_count": ROWS,
    }
    assert 0.5 < expected["coverage"] < 1
    assert found == pytest.approx(expected, rel=1e-4)


def test_labels_that_are_all_alike_have_no_variance_to_explain():
    for number in (7.0, 0.1, 1e9 / 3):
        assert math.isnan(measured("regression", np.full(10, number), np.arange(10.0))["r2"])


def test_every_kind_of_label_is_judged_here():
    assert METRICS.keys() == {"binary", "multiclass", "multilabel", "regression"}


def test_a_row_that_is_surely_wrong_costs_what_keras_has_it_cost():
    answers = np.array([1.0, 0.75, 0.5])
    expected = keras.losses.binary_crossentropy(np.zeros(3), answers).numpy()
    assert measured("binary", np.zeros(3), answers)["log_loss"] == pytest.approx(expected, rel=1e-3)
