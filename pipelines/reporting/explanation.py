"""Which features a model relies on, and how its answers go with the strongest: as a page draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from configs.schema.label import Label
from pipelines.reporting.charts import Chart, chart

SERIES = 3  # classes that a chart tells apart


@dataclass(frozen=True)
class Bar:
    """What the loss of a feature costs; its bar and the ends of its spread in per cent of the axis."""

    feature: str
    mean: float
    spread: float
    repeats: int
    ends: tuple[float, float]
    low: float
    high: float


@dataclass(frozen=True)
class Explanation:
    """What is told, of how many rows, in which metric; the seconds that it was given, and what they left out."""

    metric: str
    rows: int
    seconds: float
    left_out: int
    bars: Sequence[Bar]
    charts: Sequence[Chart]


def explain(told: Mapping[str, Any] | None, label: Label) -> Explanation | None:
    """Returns what an Evaluator has told of its model; None where it has not."""
    if not told or not told["importance"]:
        return None
    return Explanation(
        told["metric"],
        told["rows"],
        told["seconds"],
        told["left_out"],
        draw_bars(told["importance"]),
        [part(draw_dependence(item, label), item["values"]) for item in told["dependence"]],
    )


def draw_bars(found: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """Returns a bar for each feature, all on one axis, on which zero has its place."""
    reach = [item["mean"] + sign * item["spread"] for item in found for sign in (-1, 1)]
    low, high = min(0.0, *reach), max(0.0, *reach)
    width = (high - low) or 1.0

    def place(value: float) -> float:
        return 100 * (value - low) / width

    return [
        Bar(
            item["feature"],
            item["mean"],
            item["spread"],
            item["repeats"],
            (place(min(0.0, item["mean"])), place(max(0.0, item["mean"]))),
            place(item["mean"] - item["spread"]),
            place(item["mean"] + item["spread"]),
        )
        for item in found
    ]


def draw_dependence(item: Mapping[str, Any], label: Label) -> Chart:
    """Returns the mean answer by value of a feature: a line for each class that it moves most, or for the number."""
    units = list(zip(*item["answers"], strict=True))
    places = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in item["values"]]
    if label.kind == "regression":
        return chart((item["feature"], label.name), places, {"prediction": units[len(units) // 2]})
    classes = label.values[1:] if label.kind == "binary" else label.values
    moved = sorted(range(len(classes)), key=lambda unit: min(units[unit]) - max(units[unit]))[:SERIES]
    lines = {f"{label.name} = {classes[unit]}": units[unit] for unit in sorted(moved)}
    return chart((item["feature"], "mean score"), places, lines)


def part(drawn: Chart, values: Sequence[Any]) -> Chart:
    """Returns a chart whose dots are not joined where they are of texts: between two categories lies nothing."""
    if not isinstance(values[0], str):
        return drawn
    return replace(drawn, series=[replace(series, lines=()) for series in drawn.series])
