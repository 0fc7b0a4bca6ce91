import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from configs.schema.training import FITTING
from trainer.labels import HEADS
from trainer.training.metrics import METRICS, metrics

LABEL = np.array([[1], [0], [1], [0], [1], [1]])
SCORE = np.array([[0.9], [0.8], [0.7], [0.1], [0.4], [0.6]], "float32")
EXPECTED = {
    "auc": roc_auc_score(LABEL, SCORE),
    "accuracy": 4 / 6,
    "precision": 3 / 4,
    "recall": 3 / 4,
}


def measured(kind, label, answers, names=None, margin=False):
    found = {}
    for metric in metrics(names, kind, margin):
        metric.update_state(label, answers)
        found[metric.name] = float(np.squeeze(metric.result()))
    return found


def test_every_metric_of_the_schema_is_there():
    assert {kind: tuple(names) for kind, names in METRICS.items()} == FITTING


@pytest.mark.parametrize("margin", [False, True])
def test_classes_are_judged_alike_by_probabilities_and_by_margins(margin):
    answers = np.log(SCORE / (1 - SCORE)) if margin else SCORE
    found = measured("binary", LABEL, answers, FITTING["binary"], margin)
    assert found.pop("auc_pr") == pytest.approx(average_precision_score(LABEL, SCORE), abs=0.05)  # it interpolates
    assert found == pytest.approx(EXPECTED, abs=0.01)


def test_a_share_of_a_class_counts_as_the_class_where_it_is_the_largest():
    shares = np.where(LABEL == 1, 0.7, 0.2)
    assert measured("binary", shares, SCORE, FITTING["binary"]) == measured("binary", LABEL, SCORE, FITTING["binary"])
    answers = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], "float32")
    for label, reached in (([[1], [1]], 0.5), ([[0.3, 0.6, 0.1], [0.9, 0.1, 0.0]], 1.0)):
        assert measured("multiclass", np.array(label), answers) == {"accuracy": reached}


def test_numbers_are_judged_in_their_unit_and_by_the_share_of_variance():
    label, answers = np.array([[1.0], [2.0], [3.0]], "float32"), np.array([[1.0], [2.0], [4.0]], "float32")
    found = measured("regression", label, answers, FITTING["regression"])
    assert found == pytest.approx({"rmse": np.sqrt(1 / 3), "mae": 1 / 3, "r2": 0.5})


@pytest.mark.parametrize("kind", HEADS)
def test_a_label_has_metrics_where_none_are_named(kind):
    assert tuple(metric.name for metric in metrics(None, kind, margin=False)) == HEADS[kind].metrics
