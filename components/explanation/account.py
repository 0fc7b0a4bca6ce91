"""What a run tells of why its model answers as it does, in the time that it is given."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from components.evaluation.direction import choose_metric, gain
from components.evaluation.figures import choose_figures
from components.explanation.association import associate
from components.explanation.attribution import Attribution
from components.explanation.clock import Clock
from components.explanation.dependence import POINTS, depend
from components.explanation.dependence import ROWS as MOST
from components.explanation.examples import Picture, choose_rows, tell_example
from components.explanation.forecast import find_order, follow
from components.explanation.importance import FEWEST, Ask, Importance, Measure, permute
from components.explanation.rows import Answered, find_labels, find_weights
from components.explanation.samples import choose_samples
from components.readers.row_batch import choose_columns
from components.registry.versions import OF_ROWS
from components.scoring.scorer import Asked
from configs.schema.config import Config
from configs.schema.features import Feature, Image, Steps, Timestamp, Words
from configs.schema.label import Label

KEPT_IN = f"{OF_ROWS}/explanation.json"  # in the evaluation
ROWS = 1000  # that are asked
STRONGEST = 5  # features whose dependence is shown
LEAST = 50  # rows, below which a dependence is none that is worth a look
# Of the time that is left, what each part may take: the answers, the features' importance, the answers' gradients.
TO_ANSWER, TO_PERMUTE, TO_ATTRIBUTE = 0.25, 0.6, 0.75


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
    texts: Mapping[str, int] = field(default_factory=dict)  # those that are shown: how many words are read of each
    moments: Sequence[str] = ()


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
    texts = {name: feature.length for name in sampled if isinstance(feature := config.features[name], Words)}
    features, seconds, weight = list(config.features), config.explain.seconds, config.data.weight
    moments = [name for name in shown if isinstance(config.features[name], Timestamp)]
    return Plan(features, shown, metric, seconds, weight, pictures, sampled, find_order(config), texts, moments)


def is_drawn(feature: Feature) -> bool:
    """Whether its cells say more by themselves than figures do: texts, pictures, and steps of a number each."""
    is_series = isinstance(feature, Steps) and feature.width == 1 and not feature.ids
    return is_series or isinstance(feature, Image | Words)


def keep_explanation(model: str, rows: pa.RecordBatch, label: Label, plan: Plan, folder: str) -> None:
    """Writes into an evaluation which features a model relies on, how its answers go with the strongest, and what it
    makes of some of the rows.
    """
    if plan.pictures or plan.texts:
        import components.explanation.gradients  # noqa: F401  before the clock starts: Keras takes a second to load
    clock, served, asked = Clock(plan.seconds), Asked(model), choose_columns(rows, list(plan.features))
    labels, weights = find_labels(rows, label), find_weights(rows, plan.weight)
    answers, pace = ask_some(served.ask, asked, clock.part(TO_ANSWER))
    known = Answered(asked.slice(0, len(answers)), labels[: len(answers)], answers, label)
    measure = make_measure(label, plan.metric, labels, weights)
    found, count = permute(served.ask, known.rows, answers, plan.features, measure, pace, clock.part(TO_PERMUTE))
    ranked = rank([item.feature for item in found], plan.shown)
    chosen = choose_rows(known) if plan.shown else {}
    added = attribute_rows(served, rows, known, chosen, plan, clock.part(TO_ATTRIBUTE))
    shown = [item for item in found if item.feature in plan.shown]
    figures = [name for name in plan.shown if name not in plan.sampled]
    told = {
        "metric": plan.metric,
        "rows": count,
        "seconds": plan.seconds,
        "left_out": len(plan.features) - len(found),
        "importance": [asdict(item) for item in found],
        "dependence": draw_dependences(served.ask, known, shown, pace, clock),
        "examples": {
            kind: [tell_example(known, row, ranked, plan.pictures, plan.moments, added.get(row)) for row in places]
            for kind, places in chosen.items()
        },
        "association": {
            "rows": len(rows),
            "columns": associate(asked, figures, labels, label.kind == "regression"),
        },
        "forecast": follow(known, plan.order) if plan.order and len(answers) == len(rows) < ROWS else [],
        "samples": choose_samples(asked, plan.sampled, plan.pictures),
        "spent": round(clock.spent, 2),
    }
    Path(folder, KEPT_IN).write_text(json.dumps(told))


def ask_some(ask: Ask, rows: pa.RecordBatch, clock: Clock) -> tuple[np.ndarray, float]:
    """Returns the answers to as many of the first rows as there is time for, and the seconds that one takes."""
    ask(rows.slice(0, 1))  # the first request alone takes far more
    start, parts, done = clock.spent, [ask(rows.slice(0, FEWEST))], FEWEST
    while done < len(rows) and clock.left > clock.spent - start:  # as many again take as long again
        parts.append(ask(rows.slice(done, done)))
        done *= 2
    answers = np.concatenate(parts)
    return answers, max((clock.spent - start) / len(answers), 1e-9)


def attribute_rows(
    served: Asked, rows: pa.RecordBatch, known: Answered, chosen: Mapping[str, Sequence[int]], plan: Plan, clock: Clock
) -> dict[int, Attribution]:
    """Returns what pixels and words add to the answers to rows, by place; to as many as there is time for."""
    places = [place for pair in zip_longest(*chosen.values()) for place in pair if place is not None]
    pictures = [name for name in plan.pictures if name in plan.sampled]
    if not places or not (pictures or plan.texts):
        return {}
    from components.explanation.gradients import attribute  # only here: most models are explained without Keras

    some = rows.take(pa.array(places))
    found = attribute(served.model, some, known.answers[places], known.label, pictures, plan.texts, clock)
    return {place: one for place, one in zip(places, found, strict=False) if one}


def draw_dependences(
    ask: Ask, known: Answered, found: Sequence[Importance], pace: float, clock: Clock
) -> list[dict[str, Any]]:
    """Returns how the answers go with the strongest of the features, on as many rows as there is time for."""
    strongest = [item.feature for item in found if item.mean > 0][:STRONGEST]
    rows = min(MOST, int(clock.left / (POINTS * max(len(strongest), 1) * pace)))
    drawn = [depend(ask, known.rows, name, rows) for name in strongest] if rows >= LEAST else []
    return [asdict(item) for item in drawn if item]


def rank(measured: Sequence[str], shown: Sequence[str]) -> list[str]:
    """Returns the features that may be shown: those that were measured first, in their order."""
    return [name for name in measured if name in shown] + [name for name in shown if name not in measured]


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
