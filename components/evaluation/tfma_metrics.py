"""The metrics that TFMA measures, on arrays of rows where its own take them one by one: a hundredth of the time.

TFMA looks for a class among its own before it looks here: none may be called as one of them.
"""

from typing import Any

from tensorflow_model_analysis.metrics import metric_types, metric_util

from components.evaluation import sums
from components.evaluation.combiners import Combine


class _Metric(metric_types.Metric):
    """A metric that is made of sums, which take its `options`."""

    figure: type[sums.Sums]

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(metric_util.merge_per_key_computations(self.compute), name=name, **options)

    @classmethod
    def compute(
        cls,
        name: str,
        eval_config: Any = None,
        model_name: str = "",
        output_name: str = "",
        example_weighted: bool = False,
        **options: Any,
    ) -> metric_types.MetricComputations:
        """Returns what TFMA has done to the rows."""
        key = metric_types.MetricKey(name, model_name, output_name, example_weighted=example_weighted)
        return [metric_types.MetricComputation([key], None, Combine(key, eval_config, cls.figure(**options)))]


class AreaUnderROC(_Metric):
    """How often a row of the class scores above one that is not of it; of several classes, all of them together."""

    figure = sums.Area


class AreaUnderPR(_Metric):
    """The area under the curve of precision over recall; of several classes, all of them together."""

    figure = sums.PrecisionArea


class Accuracy(_Metric):
    """The share of the rows that are of the class that they are told to be."""

    figure = sums.Accuracy


class PrecisionAtHalf(_Metric):
    """Of what is told to be of the class, the share that is; of several classes, all of them together."""

    figure = sums.Precision


class RecallAtHalf(_Metric):
    """Of what is of the class, the share that is told so; of several classes, all of them together."""

    figure = sums.Recall


class F1AtHalf(_Metric):
    """The harmonic mean of precision and recall."""

    figure = sums.F1


class MacroF1(_Metric):
    """The mean over the classes of each one's F1, whatever their sizes.

    Of one class of several a row is told the one with the best score, of any number all with a score above a half.
    """

    figure = sums.Hits


class Confusion(_Metric):
    """What the rows weigh by the class that they are of, then by the one that they are told to be."""

    figure = sums.WholeTable


class OperatingPoints(_Metric):
    """The curve of true over false positives: score, and the shares of the negatives and the positives above it."""

    figure = sums.Points


class LogLoss(_Metric):
    """The mean of minus the logarithm of how likely each row's class was told to be: one of two, or of several."""

    figure = sums.LogLoss


class CalibrationRatio(_Metric):
    """The sum of the answers over that of the labels."""

    figure = sums.Totals


class R2(_Metric):
    """1 less the squares of the errors over those of the distances from the mean; NaN where all labels are alike."""

    figure = sums.Moments


class RMSE(_Metric):
    """The root of the mean of the squares of the errors."""

    figure = sums.SquaredError


class MAE(_Metric):
    """The mean distance of answer and label."""

    figure = sums.AbsoluteError


class PinballCost(_Metric):
    """The mean over quantiles of what an error costs (Koenker and Bassett, 1978)."""

    figure = sums.PinballLoss


class IntervalCoverage(_Metric):
    """The share of the labels between the lowest and the highest quantile."""

    figure = sums.Coverage


class ToldClasses(_Metric):
    """How many rows are told to be of each class."""

    figure = sums.Told


class AnswerPercentiles(_Metric):
    """The edges of the percentiles of the answers."""

    figure = sums.Percentiles


class Count(_Metric):
    """How many rows there are, or what they weigh."""

    figure = sums.Rows
