from itertools import chain

import pytest
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.metrics.metric_specs import metric_thresholds_from_metrics_specs
from tensorflow_model_analysis.proto.config_pb2 import MetricDirection, SlicingSpec
from tensorflow_model_analysis.utils.config_util import update_eval_config_with_defaults

from components.evaluation import tfma_metrics
from components.evaluation.eval_config import CLASSES, eval_config, has_bars
from configs.schema.config import Config
from configs.schema.evaluation import METRICS, QUANTILES

LABELS = {
    "binary": {"name": "tip", "kind": "binary"},
    "multiclass": {"name": "tip", "kind": "multiclass", "classes": ["none", "some", "much"]},
    "multilabel": {"name": "tip", "kind": "multilabel", "classes": ["cash", "card"]},
    "regression": {"name": "tip", "kind": "regression"},
    "quantiles": {"name": "tip", "kind": "regression", "quantiles": [0.1, 0.5, 0.9]},
}


def list_metrics(kind):
    return (*QUANTILES, *METRICS["regression"]) if kind == "quantiles" else METRICS[kind]


def config_of(kind="binary", limits=None, slices=((),), weight=None):
    return Config.model_validate(
        {
            "name": "trips",
            "data": {"format": "csv", "path": "rows.csv", "weight": weight},
            "label": LABELS[kind],
            "features": {"miles": {"kind": "numeric"}},
            "model": {"family": "linear"},
            "training": {},
            "evaluation": {"slices": slices, "thresholds": {list_metrics(kind)[0]: limits or {"min": 0.8}}},
        }
    )


def deciding(config):
    return [metric for metric in config.metrics_specs[0].metrics if metric.per_slice_thresholds]


def thresholds(**limits):
    [metric] = deciding(eval_config(config_of(limits=limits)))
    [over_all_rows] = metric.per_slice_thresholds
    assert list(over_all_rows.slicing_specs) == [SlicingSpec()]
    return over_all_rows.threshold


@pytest.mark.parametrize("kind", LABELS)
def test_every_metric_of_the_label_is_measured_and_only_those_with_a_threshold_decide(kind):
    config = eval_config(config_of(kind))
    classes = [CLASSES[name] for name in list_metrics(kind)]
    tables = {"binary": ["Confusion", "OperatingPoints"], "multiclass": ["Confusion"]}
    assert [metric.class_name for metric in config.metrics_specs[0].metrics] == classes + tables.get(kind, [])
    assert [metric.class_name for metric in deciding(config)] == classes[:1]


def test_every_metric_is_of_our_own_module():
    assert CLASSES.keys() == {*chain.from_iterable(METRICS.values()), *QUANTILES}
    for name in (*CLASSES.values(), "Confusion", "OperatingPoints", "Count", "ToldClasses", "AnswerPercentiles"):
        # TFMA knows ours once one was made, and would take its own of that name for it.
        assert metric_types.registered_metrics().get(name, getattr(tfma_metrics, name)) is getattr(tfma_metrics, name)


def test_rows_are_counted_whatever_they_weigh():
    counting = eval_config(config_of(weight="fare")).metrics_specs[1]
    assert [metric.class_name for metric in counting.metrics] == ["Count", "AnswerPercentiles"]
    assert counting.example_weights.unweighted


def test_bounds_are_values():
    threshold = thresholds(min=0.8, max=0.99).value_threshold
    assert (threshold.lower_bound.value, threshold.upper_bound.value) == (0.8, 0.99)


@pytest.mark.parametrize(
    ("limits", "direction", "change"),
    [
        ({"max_drop": 0.01}, MetricDirection.HIGHER_IS_BETTER, -0.01),
        ({"max_rise": 0.02}, MetricDirection.LOWER_IS_BETTER, 0.02),
    ],
)
def test_changes_are_against_the_baseline(limits, direction, change):
    threshold = thresholds(**limits).change_threshold
    assert (threshold.direction, threshold.absolute.value) == (direction, change)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"min": 0}, True),
        ({"max": 0.9}, True),
        ({"min": -2.5, "max_drop": 0.01}, True),
        ({"max_drop": 0.01}, False),
        ({"max_rise": 0}, False),
    ],
)
def test_without_a_version_in_service_tfx_still_judges_by_each_threshold(limits, expected):
    config = eval_config(config_of(limits=limits))
    first = update_eval_config_with_defaults(config, has_baseline=False, rubber_stamp=True)
    [(_, left)] = metric_thresholds_from_metrics_specs(first.metrics_specs, eval_config=first).items()
    assert len(left) == 1  # none, and TFX would bless nothing
    assert has_bars(first) == has_bars(config) == expected


@pytest.mark.parametrize(("weight", "key"), [(None, ""), ("fare", "fare")])
def test_slices_label_and_weight_come_from_the_config(weight, key):
    config = eval_config(config_of(slices=((), ("hour",)), weight=weight))
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [[], ["hour"]]
    assert (config.model_specs[0].label_key, config.model_specs[0].example_weight_key) == ("tip", key)
