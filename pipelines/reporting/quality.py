"""Whether a model's scores are the shares that they say, how they part the classes, and how far numbers are off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from configs.quantities import count
from pipelines.reporting.charts import scale


@dataclass(frozen=True)
class Histogram:
    """Bars of one or of several groups: how high each is, per cent of the highest of its group, and what is told."""

    title: str
    groups: Sequence[tuple[str, Sequence[tuple[float, str]]]]
    labels: Sequence[str]


@dataclass(frozen=True)
class Point:
    """A dot of a square: where it lies, per cent, how large, and what is told of it."""

    x: float
    y: float
    radius: float
    tip: str


@dataclass(frozen=True)
class Square:
    """Dots of two figures on one scale, on whose diagonal both are the same."""

    x_title: str
    y_title: str
    ends: tuple[str, str]
    points: Sequence[Point]


@dataclass(frozen=True)
class Quality:
    """What there is to draw of a kind of label."""

    squares: Sequence[Square]
    histogram: Histogram
    classes: Sequence[Mapping[str, Any]]
    quantiles: Sequence[Mapping[str, float]]


def draw_quality(told: Mapping[str, Any] | None) -> Quality | None:
    """Returns what a page draws of what the Evaluator told; None where it has told nothing."""
    if not told:
        return None
    if "errors" in told:
        square, histogram = draw_points(told["points"]), draw_errors(told["errors"])
        return Quality([square] if square else [], histogram, (), told["quantiles"])
    return Quality([draw_calibration(told["calibration"])], draw_scores(told["scores"]), told.get("classes", ()), ())


def draw_calibration(bins: Sequence[Mapping[str, float]]) -> Square:
    """Returns the share by the mean score of each bin; the larger a dot, the more rows it stands for."""
    most = max(item["rows"] for item in bins)
    points = [
        Point(
            100 * item["score"],
            100 - 100 * item["share"],
            3 + 7 * (item["rows"] / most) ** 0.5,
            f"scores about {item['score']:.3f}: {item['share']:.3f} of {item['rows']:,.0f} rows",
        )
        for item in bins
    ]
    return Square("mean score", "share of rows that are of the class", ("0", "1"), points)


def draw_points(points: Sequence[Sequence[float]]) -> Square | None:
    """Returns predicted by actual; None without rows."""
    if not points:
        return None
    low, high, _ = scale([value for point in points for value in point])
    width = high - low
    drawn = [
        Point(
            100 * (actual - low) / width,
            100 - 100 * (predicted - low) / width,
            3,
            f"actual {actual:.6g}, predicted {predicted:.6g}",
        )
        for actual, predicted in points
    ]
    return Square("actual", "predicted", (f"{low:g}", f"{high:g}"), drawn)


def draw_scores(scores: Mapping[str, Sequence[float]]) -> Histogram:
    """Returns the scores of each group, each with bars of its own: few rows of one class are not to vanish."""
    size = len(next(iter(scores.values())))
    spans = [f"{index / size:g} to {(index + 1) / size:g}" for index in range(size)]
    return Histogram(
        "rows by score", [(name, _raise(counts, spans)) for name, counts in scores.items()], ("0", "0.5", "1")
    )


def draw_errors(errors: Mapping[str, Any]) -> Histogram:
    """Returns how many rows are off by how much; the outer bars hold what lies beyond."""
    edges = errors["edges"]
    spans = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    title = f"rows by error, predicted less actual; half of them lie below {errors['median']:.4g}"
    ends = (f"{edges[0]:.4g}", f"{(edges[0] + edges[-1]) / 2:.4g}", f"{edges[-1]:.4g}")
    return Histogram(title, [("errors", _raise(errors["rows"], spans))], ends)


def _raise(counts: Sequence[float], spans: Sequence[str]) -> list[tuple[float, str]]:
    most = max(counts) or 1.0
    return [
        (100 * rows / most, f"{span}: {count(round(rows), 'row')}") for rows, span in zip(counts, spans, strict=True)
    ]
