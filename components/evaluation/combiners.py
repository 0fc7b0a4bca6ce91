"""Sums of rows as Beam adds them up for TFMA."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util

from components.evaluation.sums import Sums


class Combine(beam.CombineFn):
    """Takes what TFMA hands on of many rows to `sums`, whose result is the figure of `key`."""

    def __init__(self, key: metric_types.MetricKey, eval_config: Any, sums: Sums) -> None:
        self.key, self.eval_config, self.sums = key, eval_config, sums

    def create_accumulator(self) -> np.ndarray | None:
        return None

    def add_input(self, found: np.ndarray | None, element: metric_types.StandardMetricInputs) -> np.ndarray | None:
        parts = [
            self.sums.take(labels, answers, weights)
            for labels, answers, weights in metric_util.to_label_prediction_example_weight(
                element,
                eval_config=self.eval_config,
                model_name=self.key.model_name,
                output_name=self.key.output_name,
                example_weighted=self.key.example_weighted,
                flatten=False,
                squeeze=False,
                require_single_example_weight=False,
            )
        ]
        return self.merge_accumulators([found, *parts])

    def merge_accumulators(self, accumulators: Iterable[np.ndarray | None]) -> np.ndarray | None:
        parts = [found for found in accumulators if found is not None]
        return self.sums.add(parts) if parts else None

    def extract_output(self, found: np.ndarray | None) -> dict[metric_types.MetricKey, Any]:
        return {self.key: float("nan") if found is None else self.sums.result(found)}
