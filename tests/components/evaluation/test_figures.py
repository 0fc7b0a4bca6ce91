"""That a metric is the same figure with TFMA and without."""

import pytest

from components.evaluation import tfma_metrics
from components.evaluation.eval_config import CLASSES
from components.evaluation.figures import FIGURES


@pytest.mark.parametrize("name", CLASSES)
def test_tfma_measures_the_same_sums(name):
    assert getattr(tfma_metrics, CLASSES[name]).figure is FIGURES[name]


def test_every_metric_has_its_sums():
    assert FIGURES.keys() == CLASSES.keys()
