"""The config's thresholds and slices as TFMA's own configuration."""

import json
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from google.protobuf.wrappers_pb2 import BoolValue
from tensorflow_model_analysis.proto.config_pb2 import (
    EvalConfig,
    ExampleWeightOptions,
    MetricConfig,
    MetricDirection,
    MetricsSpec,
    MetricThreshold,
    ModelSpec,
    Options,
    SlicingSpec,
)

from components.evaluation import tfma_metrics
from components.evaluation.direction import COUNT
from components.evaluation.figures import choose_options
from configs.schema.config import Config
from configs.schema.evaluation import ORIGIN, Metric, Threshold
from configs.schema.label import Label
from trainer.export.signatures import PREDICTION, SERVING, TRANSFORM

CLASSES: dict[Metric, str] = {
    "auc": "AreaUnderROC",
    "auc_pr": "AreaUnderPR",
    "accuracy": "Accuracy",
    "precision": "PrecisionAtHalf",
    "recall": "RecallAtHalf",
    "f1": "F1AtHalf",
    "macro_f1": "MacroF1",
    "calibration": "CalibrationRatio",
    "log_loss": "LogLoss",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R2",
    "pinball": "PinballCost",
    "coverage": "IntervalCoverage",
}  # of `components.evaluation.tfma_metrics`; of a multilabel, all classes together, but for macro_f1
ANYTHING = sys.float_info.max  # of which a bound is met by every number
CONFUSION = "confusion"
ROC = "roc"
ANSWERS = "answers"  # how they are spread, for monitoring to compare those of newer rows with


def eval_config(config: Config) -> EvalConfig:
    """Returns TFMA's configuration: every metric on every slice; those with a threshold decide, over all rows."""
    origins = [(ORIGIN,)] if config.evaluation.backtest else []
    return EvalConfig(
        model_specs=[
            ModelSpec(
                signature_name=SERVING,
                prediction_key=PREDICTION,
                label_key=config.label.name,
                example_weight_key=config.data.weight or "",
                preprocessing_function_names=[TRANSFORM],
            )
        ],
        slicing_specs=[SlicingSpec(feature_keys=keys) for keys in (*config.evaluation.slices, *origins)],
        metrics_specs=[_measuring(config.label, config.evaluation.thresholds), _counting(config.label)],
        # TFMA's own count takes an array of rows for one.
        options=Options(include_default_metrics=BoolValue(value=False)),
    )


def _measuring(label: Label, thresholds: Mapping[Metric, Threshold]) -> MetricsSpec:
    found = [_metric(CLASSES[name], name, thresholds.get(name), choose_options(name, label)) for name in label.metrics]
    if label.kind in ("binary", "multiclass"):
        found.append(_metric("Confusion", CONFUSION))
    if label.kind == "binary":
        found.append(_metric("OperatingPoints", ROC))
    return MetricsSpec(metrics=found)


def _counting(label: Label) -> MetricsSpec:
    spread = (
        _metric("ToldClasses", ANSWERS)
        if label.kind in ("multiclass", "multilabel")
        else _metric("AnswerPercentiles", ANSWERS, options={"offset": label.offset} if label.offset else {})
    )
    metrics = [_metric("Count", COUNT), spread]
    return MetricsSpec(metrics=metrics, example_weights=ExampleWeightOptions(unweighted=True))


def _metric(
    class_name: str, name: str, limits: Threshold | None = None, options: Mapping[str, Any] = MappingProxyType({})
) -> MetricConfig:
    told = json.dumps({"name": name, **options})
    metric = MetricConfig(class_name=class_name, module=tfma_metrics.__name__, config=told)
    if limits:
        # A bare `threshold` would hold every slice to it, however few rows it has.
        metric.per_slice_thresholds.add(slicing_specs=[SlicingSpec()], threshold=_threshold(limits))
    return metric


def has_bars(config: EvalConfig) -> bool:
    """Whether a metric must reach something by itself, and not only against a version in service."""
    limits = [limit for spec in config.metrics_specs for item in spec.metrics for limit in item.per_slice_thresholds]
    values = [limit.threshold.value_threshold for limit in limits]
    return any(value.lower_bound.value != -ANYTHING or value.upper_bound.value != ANYTHING for value in values)


def _threshold(limits: Threshold) -> MetricThreshold:
    threshold = MetricThreshold()
    if limits.min is None and limits.max is None:
        # Without a bound TFX judges nothing where there is no version in service, and blesses nothing.
        threshold.value_threshold.lower_bound.value = -ANYTHING
        threshold.value_threshold.upper_bound.value = ANYTHING
    if limits.min is not None:
        threshold.value_threshold.lower_bound.value = limits.min
    if limits.max is not None:
        threshold.value_threshold.upper_bound.value = limits.max
    if limits.max_drop is not None:
        threshold.change_threshold.direction = MetricDirection.HIGHER_IS_BETTER
        threshold.change_threshold.absolute.value = -limits.max_drop
    if limits.max_rise is not None:
        threshold.change_threshold.direction = MetricDirection.LOWER_IS_BETTER
        threshold.change_threshold.absolute.value = limits.max_rise
    return threshold
