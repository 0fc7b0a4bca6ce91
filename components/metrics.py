"""Metrics that TFMA lacks: the share of a number's variance that is explained, and F1 as the mean over classes."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util


class R2(metric_types.Metric):
    """1 less the squares of the errors over those of the distances from the mean; NaN where all labels are alike."""

    def __init__(self, name: str = "r2") -> None:
        super().__init__(metric_util.merge_per_key_computations(_explain), name=name)


class MacroF1(metric_types.Metric):
    """The mean over the classes of each one's F1, whatever their sizes.

    Of one class of several a row is told the one with the best score, of any number all with a score above a half.
    """

    def __init__(self, name: str = "macro_f1") -> None:
        super().__init__(metric_util.merge_per_key_computations(_mean_f1), name=name)


def _explain(
    name: str, eval_config: Any = None, model_name: str = "", output_name: str = "", example_weighted: bool = False
) -> metric_types.MetricComputations:
    key = metric_types.MetricKey(name, model_name, output_name, example_weighted=example_weighted)
    return [metric_types.MetricComputation([key], None, _Moments(key, eval_config))]


def _mean_f1(
    name: str, eval_config: Any = None, model_name: str = "", output_name: str = "", example_weighted: bool = False
) -> metric_types.MetricComputations:
    key = metric_types.MetricKey(name, model_name, output_name, example_weighted=example_weighted)
    return [metric_types.MetricComputation([key], None, _Hits(key, eval_config))]


class _Sums(beam.CombineFn):
    """Adds up what `measure` makes of each row's label, answer and weight, and tells `result` of it."""

    def __init__(self, key: metric_types.MetricKey, eval_config: Any) -> None:
        self.key, self.eval_config = key, eval_config

    @abstractmethod
    def measure(self, label: np.ndarray, answer: np.ndarray, weight: float) -> np.ndarray: ...

    @abstractmethod
    def result(self, sums: np.ndarray) -> float: ...

    def create_accumulator(self) -> np.ndarray:
        return np.zeros(1)

    def add_input(self, sums: np.ndarray, element: metric_types.StandardMetricInputs) -> np.ndarray:
        for label, answer, weight in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self.eval_config,
            model_name=self.key.model_name,
            output_name=self.key.output_name,
            example_weighted=self.key.example_weighted,
            flatten=False,
            squeeze=False,
        ):
            sums = sums + self.measure(np.ravel(label), np.ravel(answer), float(np.ravel(weight)[0]))
        return sums

    def merge_accumulators(self, accumulators: Iterable[np.ndarray]) -> np.ndarray:
        return sum(accumulators, np.zeros(1))

    def extract_output(self, sums: np.ndarray) -> dict[metric_types.MetricKey, float]:
        return {self.key: float(self.result(sums)) if sums.any() else float("nan")}


class _Moments(_Sums):
    """The weight, the label, its square and the error's square, each times the weight."""

    def measure(self, label: np.ndarray, answer: np.ndarray, weight: float) -> np.ndarray:
        number, error = float(label[0]), float(label[0]) - float(answer[0])
        return weight * np.array([1.0, number, number**2, error**2])

    def result(self, sums: np.ndarray) -> float:
        weight, label, square, error = sums
        spread = square - label**2 / weight
        return 1 - error / spread if spread > 0 else float("nan")


class _Hits(_Sums):
    """For each class what is of it and told so, what is of it, and what is told to be: [3, classes]."""

    def measure(self, label: np.ndarray, answer: np.ndarray, weight: float) -> np.ndarray:
        classes = np.arange(len(answer))
        if len(label) == len(answer):
            of, told = label > 0, answer > 0.5
        else:
            of, told = classes == label, classes == answer.argmax()
        return weight * np.stack([of & told, of, told])

    def result(self, sums: np.ndarray) -> float:
        hits, of, told = sums[:, sums[1:].sum(axis=0) > 0]  # a class that no row is of nor told to be has no F1
        return float(np.mean(2 * hits / (of + told)))
