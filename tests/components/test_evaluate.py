import pytest
import tensorflow_model_analysis as tfma

from components.evaluate import METRICS, eval_config
from configs.schema import Evaluation, Threshold


def thresholds(**limits):
    config = eval_config(Evaluation(thresholds={"auc": Threshold(**limits)}), "label")
    [metric] = deciding(config)
    [over_all_rows] = metric.per_slice_thresholds
    assert list(over_all_rows.slicing_specs) == [tfma.SlicingSpec()]
    return over_all_rows.threshold


def deciding(config):
    return [metric for metric in config.metrics_specs[0].metrics if metric.per_slice_thresholds]


def test_every_metric_is_measured_and_only_those_with_a_threshold_decide():
    config = eval_config(Evaluation(thresholds={"auc": Threshold(min=0.8)}), "label")
    metrics = config.metrics_specs[0].metrics
    assert [metric.class_name for metric in metrics] == ["ExampleCount", *METRICS.values()]
    assert [metric.class_name for metric in deciding(config)] == ["AUC"]


def test_bounds_are_values():
    threshold = thresholds(min=0.8, max=0.99).value_threshold
    assert (threshold.lower_bound.value, threshold.upper_bound.value) == (0.8, 0.99)


@pytest.mark.parametrize(
    ("limits", "direction", "change"),
    [
        ({"max_drop": 0.01}, tfma.MetricDirection.HIGHER_IS_BETTER, -0.01),
        ({"max_rise": 0.02}, tfma.MetricDirection.LOWER_IS_BETTER, 0.02),
    ],
)
def test_changes_are_against_the_baseline(limits, direction, change):
    threshold = thresholds(**limits).change_threshold
    assert (threshold.direction, threshold.absolute.value) == (direction, change)


def test_slices_and_the_label_come_from_the_config():
    config = eval_config(Evaluation(slices=((), ("hour",)), thresholds={"auc": Threshold(min=0.8)}), "tip")
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [[], ["hour"]]
    assert config.model_specs[0].label_key == "tip"
