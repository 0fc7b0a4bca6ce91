"""Metrics that TFMA lacks, and those for which it asks Keras, which takes longer than all the others together.

Each adds up a few numbers of a row, and makes its figure of the sums.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util

LEAST = 1e-7  # a likelihood, as Keras has it: no row alone is to make the loss infinite


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


class _Mean(_Sums):
    """The mean of `amount` over the rows."""

    @abstractmethod
    def amount(self, label: np.ndarray, answer: np.ndarray) -> float: ...

    def measure(self, label: np.ndarray, answer: np.ndarray, weight: float) -> np.ndarray:
        return weight * np.array([1.0, self.amount(label, answer)])

    def result(self, sums: np.ndarray) -> float:
        return sums[1] / sums[0]


class _Surprise(_Mean):
    """Minus the logarithm of how likely the row's class was told to be."""

    def amount(self, label: np.ndarray, answer: np.ndarray) -> float:
        class_ = int(label[0])
        likely = answer[class_] if len(answer) > 1 else abs(1 - class_ - float(answer[0]))
        return -float(np.log(np.clip(likely, LEAST, 1 - LEAST)))


class _Right(_Mean):
    """1 where the class with the best score is the row's."""

    def amount(self, label: np.ndarray, answer: np.ndarray) -> float:
        return float(answer.argmax() == label[0])


class _Square(_Mean):
    """The square of the error."""

    def amount(self, label: np.ndarray, answer: np.ndarray) -> float:
        return (float(label[0]) - float(answer[0])) ** 2

    def result(self, sums: np.ndarray) -> float:
        return float(np.sqrt(super().result(sums)))


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


class _Metric(metric_types.Metric):
    """A metric that a combiner of this module measures."""

    combiner: type[_Sums]

    def __init__(self, name: str) -> None:
        super().__init__(metric_util.merge_per_key_computations(self.compute), name=name)

    @classmethod
    def compute(
        cls,
        name: str,
        eval_config: Any = None,
        model_name: str = "",
        output_name: str = "",
        example_weighted: bool = False,
    ) -> metric_types.MetricComputations:
        """Returns what TFMA has done to the rows."""
        key = metric_types.MetricKey(name, model_name, output_name, example_weighted=example_weighted)
        return [metric_types.MetricComputation([key], None, cls.combiner(key, eval_config))]


class Accuracy(_Metric):
    """The share of the rows whose class has the best score."""

    combiner = _Right


class LogLoss(_Metric):
    """The mean of minus the logarithm of how likely each row's class was told to be: one of two, or of several."""

    combiner = _Surprise


class MacroF1(_Metric):
    """The mean over the classes of each one's F1, whatever their sizes.

    Of one class of several a row is told the one with the best score, of any number all with a score above a half.
    """

    combiner = _Hits


class R2(_Metric):
    """1 less the squares of the errors over those of the distances from the mean; NaN where all labels are alike."""

    combiner = _Moments


class RMSE(_Metric):
    """The root of the mean of the squares of the errors."""

    combiner = _Square
