"""Reading what the Evaluator wrote: metrics by slice, and which thresholds were missed."""

import math
from collections.abc import Iterable
from typing import TypeVar

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2
from tensorflow_model_analysis.proto.config_pb2 import SlicingSpec
from tensorflow_model_analysis.writers.eval_config_writer import load_eval_run

from components.evaluation.eval_config import ANSWERS, CONFUSION, ROC, has_bars
from components.evaluation.judgement import OVERALL, Failure, Measured, read_beside

Item = TypeVar("Item", Measured, Failure)


def read_measured(folder: str) -> list[Measured]:
    """Returns every scalar metric of every slice, and those beside: of the golden set, of a LiteRT file.

    All rows come first, then the slices by their names, as Beam writes them in any order. A metric that a slice cannot
    have (AUC of one class) is left out.
    """
    found = []
    for record in tfma.load_metrics(folder):
        values = {
            (item.key.name, item.key.model_name): item.value.double_value.value
            for item in record.metric_keys_and_values
            if item.value.WhichOneof("type") == "double_value"
            and not item.key.is_diff
            and math.isfinite(item.value.double_value.value)
        }
        for (metric, model), value in values.items():
            if model != tfma.BASELINE_KEY:
                baseline = values.get((metric, tfma.BASELINE_KEY))
                found.append(Measured(slice_name(record.slice_key), metric, value, baseline))
    return [*_order(found), *read_beside(folder)[0]]


def confuse(folder: str) -> list[list[float]]:
    """Returns how many rows (by weight, where they have one) of each class were told to be of which, over all rows.

    By the class that they are of, then by the one that they are told to be; empty for a label that has not one class.
    """
    return _read_table(folder, CONFUSION)


def trace(folder: str) -> list[list[float]]:
    """Returns the ROC curve over all rows: score, false and true positive rate; empty but for two classes."""
    return [list(line) for line in dict.fromkeys(map(tuple, _read_table(folder, ROC)))]


def spread(folder: str) -> list[float]:
    """Returns how the answers over all rows are spread: how many are told of each class, or the percentiles' edges."""
    return [line[0] for line in _read_table(folder, ANSWERS)]


def _read_table(folder: str, name: str) -> list[list[float]]:
    for record in tfma.load_metrics(folder):
        for item in record.metric_keys_and_values:
            ours = item.key.name == name and item.key.model_name != tfma.BASELINE_KEY and not item.key.is_diff
            if ours and slice_name(record.slice_key) == OVERALL:
                table = item.value.array_value
                rows, width = table.shape
                return [list(table.float64_values[row * width : (row + 1) * width]) for row in range(rows)]
    return []


def overall(measured: Iterable[Measured]) -> dict[str, float]:
    """Returns the candidate's metrics over all rows, by name."""
    return {item.metric: item.candidate for item in measured if item.slice == OVERALL}


def failures(folder: str) -> list[Failure]:
    """Returns every threshold that the candidate missed, in the order of `read_measured`."""
    result = tfma.load_validation_result(folder)
    measured = {(item.slice, item.metric): item for item in read_measured(folder)}
    found = []
    for validation in result.metric_validations_per_slice:
        name = slice_name(validation.slice_key)
        for failure in validation.failures:
            found.append(_judge(measured.get((name, failure.metric_key.name)), name, failure))
    found += [Failure(_name(missing)) for missing in result.missing_slices]
    return [*_order(found), *read_beside(folder)[1]]


def is_unjudged(folder: str) -> bool:
    """Whether nothing could be missed: each threshold is one of the change, and nothing was in service."""
    config, *_ = load_eval_run(folder)
    return config is not None and len(config.model_specs) < 2 and not has_bars(config)


def _order(found: Iterable[Item]) -> list[Item]:
    return sorted(found, key=lambda item: (item.slice != OVERALL, item.slice))


def slice_name(key: metrics_for_slice_pb2.SliceKey) -> str:
    """Returns `column=value, ...`, or `Overall`."""
    return ", ".join(f"{part.column}={_value(part)}" for part in key.single_slice_keys) or OVERALL


def _name(spec: SlicingSpec) -> str:
    """Returns what a slice is called of which there is only the rule that makes it: columns may have any value."""
    values = [f"{column}={value}" for column, value in sorted(spec.feature_values.items())]
    return ", ".join([*spec.feature_keys, *values]) or OVERALL


def _value(part: metrics_for_slice_pb2.SingleSliceKey) -> str:
    value = getattr(part, part.WhichOneof("kind"))
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _judge(measured: Measured | None, name: str, failure: validation_result_pb2.ValidationFailure) -> Failure:
    metric, threshold = failure.metric_key.name, failure.metric_threshold
    if measured is None:
        return Failure(name, metric, reason=failure.message or None)
    value = measured.candidate
    if failure.metric_key.is_diff:
        return Failure(name, metric, value, threshold.change_threshold.absolute.value, "change", measured.baseline)
    low, high = threshold.value_threshold.lower_bound, threshold.value_threshold.upper_bound
    if threshold.value_threshold.HasField("lower_bound") and not value >= low.value:
        return Failure(name, metric, value, low.value)
    return Failure(name, metric, value, high.value, "max")
