"""What a run tells of why its model answers as it does, in the time that it is given."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from components.evaluation.direction import choose_metric, gain
from components.evaluation.figures import choose_figures
from components.explanation.association import associate
from components.explanation.dependence import depend
from components.explanation.examples import Picture, choose_examples
from components.explanation.forecast import find_order, follow
from components.explanation.importance import Measure, permute
from components.explanation.rows import find_labels, find_weights
from components.explanation.samples import choose_samples
from components.readers.row_batch import choose_columns
from components.registry.versions import OF_ROWS
from components.scoring.scorer import Asked
from configs.schema.config import Config
from configs.schema.features import Feature, Image, Steps, Words
from configs.schema.label import Label

KEPT_IN = f"{OF_ROWS}/explanation.json"  # in the evaluation
ROWS = 1000  # that are asked
STRONGEST = 5  # features whose dependence is shown


@dataclass(frozen=True)
class Plan:
    """What is told: the features, those of them whose values may be shown, in which metric, in how many CPU seconds."""

    features: Sequence[str]
    shown: Sequence[str]
    metric: str
    seconds: float
    weight: str | None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    sampled: Sequence[str] = ()
    order: str | None = None


def make_plan(config: Config) -> Plan | None:
    """Returns what a config asks for; None where it asks for nothing."""
    if config.explain is None:
        return None
    metric = choose_metric(config.evaluation.thresholds, config.label)
    shown = [name for name in config.features if not config.hides(name) and not config.hides_label]
    pictures = {
        name: (feature.height, feature.width, feature.channels, feature.maximum)
        for name, feature in config.features.items()
        if isinstance(feature, Image)
    }
    sampled = [name for name in shown if is_drawn(config.features[name])]
    features, seconds = list(config.features), config.explain.seconds
    return Plan(features, shown, metric, seconds, config.data.weight, pictures, sampled, find_order(config))


def is_drawn(feature: Feature) -> bool:
    """Whether its cells say more by themselves than figures do: texts, pictures, and steps of a number each."""
    is_series = isinstance(feature, Steps) and feature.width == 1 and not feature.ids
    return is_series or isinstance(feature, Image | Words)


def keep_explanation(model: str, rows: pa.RecordBatch, label: Label, plan: Plan, folder: str) -> None:
    """Writes into an evaluation which features a model relies on, and how its answers go with the strongest."""
    start = time.process_time()
    ask, asked = Asked(model).ask, choose_columns(rows, list(plan.features))
    labels, answers = find_labels(rows, label), ask(asked)
    measure = make_measure(label, plan.metric, labels, find_weights(rows, plan.weight))
    figures = [name for name in plan.shown if name not in plan.sampled]
    association = associate(asked, figures, labels, label.kind == "regression")
    found, count = permute(ask, asked, plan.features, measure, plan.seconds - (time.process_time() - start))
    dependences = []
    for item in [item for item in found if item.feature in plan.shown and item.mean > 0][:STRONGEST]:
        if time.process_time() - start > plan.seconds:
            break
        dependences.append(depend(ask, asked, item.feature))
    ranked = [item.feature for item in found if item.feature in plan.shown]
    told = {
        "metric": plan.metric,
        "rows": count,
        "seconds": plan.seconds,
        "spent": round(time.process_time() - start, 2),
        "left_out": len(plan.features) - len(found),
        "importance": [asdict(item) for item in found],
        "dependence": [asdict(item) for item in dependences if item],
        "examples": choose_examples(asked, labels, answers, label, ranked, plan.pictures) if ranked else {},
        "association": {"rows": len(rows), "columns": association},
        "forecast": follow(asked, plan.order, labels, answers, label) if plan.order and len(rows) < ROWS else [],
        "samples": choose_samples(asked, plan.sampled, plan.pictures),
    }
    Path(folder, KEPT_IN).write_text(json.dumps(told))


def make_measure(label: Label, metric: str, labels: np.ndarray, weights: np.ndarray) -> Measure:
    """Returns what rates answers to some of the rows in a metric, as more is better."""
    figure = choose_figures(label)[metric]

    def measure(answers: np.ndarray, chosen: np.ndarray) -> float:
        return gain(metric, float(figure.result(figure.take(labels[chosen], answers, weights[chosen]))))

    return measure


def read_explanation(folder: str) -> Mapping[str, Any] | None:
    """Returns what an evaluation keeps of it; None where nothing was asked for."""
    file = Path(folder, KEPT_IN)
    return json.loads(file.read_text()) if file.exists() else None
