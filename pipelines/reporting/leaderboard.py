"""The models of a run on the rows that judged, the best first: the network, what is in service, scikit-learn's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.evaluation.direction import TARGETS, gain
from pipelines.reporting.verdict import Judged


@dataclass(frozen=True)
class Place:
    """One model: its metrics by name, and the seconds of its training; None where that is not known."""

    model: str
    metrics: Mapping[str, float | None]
    seconds: float | None


@dataclass(frozen=True)
class Leaderboard:
    """The models, the best first in `metric`; and by metric those that none surpasses."""

    metric: str
    best: Mapping[str, Sequence[str]]
    places: Sequence[Place]


def rank_models(judged: Sequence[Judged], details: Mapping[str, Mapping[str, Any]], metric: str) -> Leaderboard | None:
    """Returns the models by how good they are in a metric; None where no other was trained beside the network."""
    known = details.get("SklearnBaselines", {})
    if not judged or not known.get("models"):
        return None
    names = [item.metric for item in judged]
    places = [Place("this run", {item.metric: item.candidate for item in judged}, details["Trainer"].get("seconds"))]
    if any(item.baseline is not None for item in judged):
        places.append(Place("in service", {item.metric: item.baseline for item in judged}, None))
    for model, metrics in known["models"].items():
        places.append(Place(model, {name: metrics.get(name) for name in names}, known.get("seconds", {}).get(model)))
    places.sort(key=lambda place: -worth(place, metric))
    return Leaderboard(metric, {name: find_best(places, name) for name in names}, places)


def find_best(places: Sequence[Place], metric: str) -> list[str]:
    """Returns the models that none surpasses in a metric; none where neither more nor less of it is better."""
    top = max(worth(place, metric) for place in places)
    if metric in TARGETS or not math.isfinite(top):
        return []
    return [place.model for place in places if worth(place, metric) == top]


def worth(place: Place, metric: str) -> float:
    """Returns a metric as more is better; of what has none less than any other."""
    value = place.metrics.get(metric)
    if value is None or math.isnan(value):
        return -math.inf
    return gain(metric, value)
