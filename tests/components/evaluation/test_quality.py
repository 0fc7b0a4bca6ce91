"""What is told of answers, beside what scikit-learn makes of the same predictions."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import mean_pinball_loss, precision_recall_fscore_support

from components.evaluation.predictions import Predictions
from components.evaluation.quality import DESCRIBED, FINE, describe_number, keep_quality, read_quality
from components.registry.versions import OF_ROWS
from configs.schema.config import Label
from tests.components.evaluation.test_eval_config import LABELS
from tests.components.evaluation.test_resampling import judged


def described(kind):
    labels, answers = judged(kind)
    label = Label.model_validate(LABELS[kind], strict=False)
    rows = Predictions(labels, np.ones(len(labels)), answers, None, [()] * len(labels))
    return rows, DESCRIBED[label.kind](rows, label)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_calibration_is_scikit_learns(kind):
    rows, found = described(kind)
    positive, scores = rows.labels.ravel(), rows.candidate.ravel()
    if kind == "multiclass":
        positive, scores = rows.candidate.argmax(axis=1) == positive, rows.candidate.max(axis=1)
    scores = scores + 1e-9  # scikit-learn's bins hold their upper ends, ours their lower
    shares, means = calibration_curve(positive, np.clip(scores, 0, 1), n_bins=10)
    np.testing.assert_allclose([bin["share"] for bin in found["calibration"]], shares)
    np.testing.assert_allclose([bin["score"] for bin in found["calibration"]], means, atol=1e-6)
    assert sum(bin["rows"] for bin in found["calibration"]) == len(scores)
    assert {len(counts) for counts in found["scores"].values()} == {FINE}
    assert sum(map(sum, found["scores"].values())) == len(scores)


def test_the_classes_of_a_multilabel_are_scikit_learns():
    rows, found = described("multilabel")
    precision, recall, f1, support = precision_recall_fscore_support(rows.labels, rows.candidate > 0.5)
    for place, row in enumerate(found["classes"]):
        assert row["actual"] == LABELS["multilabel"]["classes"][place]
        told = (row["precision"], row["recall"], row["f1"], row["rows"])
        assert told == pytest.approx((precision[place], recall[place], f1[place], support[place]))


def test_errors_of_numbers_are_counted_and_shown_beside_the_actual_ones():
    labels, answers = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [1.0], [1.0]])
    rows = Predictions(labels, np.array([1.0, 2.0, 3.0]), answers + 100, None, [()] * 3)
    found = describe_number(rows, Label(name="tip", kind="regression", offset=100.0))
    assert found["points"] == [[100, 101], [101, 101], [102, 101]]
    assert sum(found["errors"]["rows"]) == 6
    assert found["errors"]["median"] == 0
    assert found["quantiles"] == []


def test_so_many_labels_lie_below_a_quantile():
    drawn = np.random.default_rng(0).normal(size=2000)
    levels = [0.1, 0.5, 0.9]
    answers = np.tile(np.quantile(drawn, levels), (len(drawn), 1))
    label = Label.model_validate(LABELS["quantiles"], strict=False)
    found = describe_number(Predictions(drawn[:, None], np.ones(len(drawn)), answers, None, [()] * 2000), label)
    assert [item["below"] for item in found["quantiles"]] == pytest.approx(levels, abs=0.001)
    for place, level in enumerate(levels):  # a quantile is what its own loss is least at
        losses = [mean_pinball_loss(drawn, answers[:, place] + by, alpha=level) for by in (-0.05, 0, 0.05)]
        assert min(losses) == losses[1]


def test_what_is_kept_is_read_back(tmp_path):
    rows, found = described("binary")
    assert read_quality(str(tmp_path)) is None
    (tmp_path / OF_ROWS).mkdir()
    keep_quality(rows, Label.model_validate(LABELS["binary"]), str(tmp_path))
    assert read_quality(str(tmp_path)) == found
