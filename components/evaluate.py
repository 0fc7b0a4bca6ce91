"""Evaluator: TFX's own, on the test split, with the thresholds and slices of the config."""

import json
from collections.abc import Mapping

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto.config_pb2 import ExampleWeightOptions
from tfx import types
from tfx.components import Evaluator
from tfx.components.evaluator import executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components import metrics
from components.batches import InLargeBatches
from configs.evaluation import METRICS, Metric, Threshold
from configs.schema import Config, Label
from trainer.signatures import PREDICTION, SERVING, TRANSFORM

CLASSES: dict[str, dict[Metric, str]] = {
    "binary": {
        "auc": "AUC",
        "auc_pr": "AUCPrecisionRecall",
        "accuracy": "BinaryAccuracy",
        "precision": "Precision",
        "recall": "Recall",
        "f1": "F1Score",
        "calibration": "Calibration",
        "log_loss": "LogLoss",
    },
    "multiclass": {
        "accuracy": "Accuracy",
        "macro_f1": "MacroF1",
        "log_loss": "LogLoss",
    },
    "multilabel": {  # of all rows' classes together, but for macro_f1
        "auc": "AUC",
        "auc_pr": "AUCPrecisionRecall",
        "precision": "Precision",
        "recall": "Recall",
        "f1": "F1Score",
        "macro_f1": "MacroF1",
    },
    "regression": {
        "rmse": "RMSE",
        "mae": "MeanAbsoluteError",
        "r2": "R2",
        "calibration": "Calibration",
    },
}
OURS = ("Accuracy", "LogLoss", "MacroF1", "R2", "RMSE")
CONFUSION = "confusion"
MATRICES = {
    "binary": ("ConfusionMatrixAtThresholds", 0.5),
    "multiclass": ("MultiClassConfusionMatrixAtThresholds", 0.0),
}


class Executor(InLargeBatches, executor.Executor):
    """TFX's, in large batches."""


class Judge(Evaluator):
    """TFX's, with the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)


def evaluator(
    config: Config, examples: types.BaseChannel, model: types.BaseChannel, baseline_model: types.BaseChannel
) -> BaseComponent:
    """Returns the node that judges the candidate on the test split, which nothing else has looked at."""
    return Judge(
        examples=examples,
        model=model,
        baseline_model=baseline_model,
        example_splits=["test"],
        eval_config=eval_config(config),
        module_path="components.extractors",
    ).with_id("Evaluator")


def eval_config(config: Config) -> tfma.EvalConfig:
    """Returns TFMA's configuration: every metric on every slice; those with a threshold decide, over all rows."""
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                signature_name=SERVING,
                prediction_key=PREDICTION,
                label_key=config.label.name,
                example_weight_key=config.data.weight or "",
                preprocessing_function_names=[TRANSFORM],
            )
        ],
        slicing_specs=[tfma.SlicingSpec(feature_keys=keys) for keys in config.evaluation.slices],
        metrics_specs=[_measuring(config.label, config.evaluation.thresholds), _counting()],
    )


def _measuring(label: Label, thresholds: Mapping[Metric, Threshold]) -> tfma.MetricsSpec:
    found = [_metric(label.kind, name, thresholds.get(name)) for name in METRICS[label.kind]]
    if label.kind in MATRICES:
        class_name, threshold = MATRICES[label.kind]
        options = json.dumps({"name": CONFUSION, "thresholds": [threshold]})
        found.append(tfma.MetricConfig(class_name=class_name, config=options))
    return tfma.MetricsSpec(metrics=found)


def _counting() -> tfma.MetricsSpec:
    count = tfma.MetricConfig(class_name="ExampleCount", config='{"name": "example_count"}')
    return tfma.MetricsSpec(metrics=[count], example_weights=ExampleWeightOptions(unweighted=True))


def _metric(kind: str, name: Metric, limits: Threshold | None) -> tfma.MetricConfig:
    class_name = CLASSES[kind][name]
    module = metrics.__name__ if class_name in OURS else ""
    metric = tfma.MetricConfig(class_name=class_name, module=module, config=json.dumps({"name": name}))
    if limits:
        # A bare `threshold` would hold every slice to it, however few rows it has.
        metric.per_slice_thresholds.add(slicing_specs=[tfma.SlicingSpec()], threshold=_threshold(limits))
    return metric


def _threshold(limits: Threshold) -> tfma.MetricThreshold:
    threshold = tfma.MetricThreshold()
    if limits.min is not None:
        threshold.value_threshold.lower_bound.value = limits.min
    if limits.max is not None:
        threshold.value_threshold.upper_bound.value = limits.max
    if limits.max_drop is not None:
        threshold.change_threshold.direction = tfma.MetricDirection.HIGHER_IS_BETTER
        threshold.change_threshold.absolute.value = -limits.max_drop
    if limits.max_rise is not None:
        threshold.change_threshold.direction = tfma.MetricDirection.LOWER_IS_BETTER
        threshold.change_threshold.absolute.value = limits.max_rise
    return threshold
