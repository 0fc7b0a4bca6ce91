"""The looks at a pipeline, drawn over time: one small page, which needs no network."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.evaluation.judgement import OVERALL
from pipelines.reporting.html_templates import open_templates

WIDTH, HEIGHT, EDGE = 720.0, 160.0, 12.0  # of a chart, and what is left free around it
MOST = 200  # looks that are drawn, the newest
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """What a look found of one figure."""

    at: str
    version: int
    source: str
    value: float
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    bad: bool = False


@dataclass(frozen=True)
class Dot:
    """A point where it is drawn."""

    point: Point
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """A figure over time: dots, lines that it is held against, and where another version came into service."""

    name: str
    dots: Sequence[Dot]
    limits: Mapping[str, float]  # by what is written beside it, its height
    changes: Mapping[int, tuple[float, str]]  # by version, where its first look lies, and its day

    @property
    def line(self) -> str:
        """The path through the dots."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


def render_page(pipeline: str, looks: Sequence[Data]) -> str:
    """Returns the page of a pipeline's looks, the oldest first."""
    shown = looks[-MOST:]
    charts = [*draw_metrics(shown), *draw_drift(shown)]
    return (
        open_templates("pipelines.monitoring")
        .get_template("monitor.html")
        .render(
            pipeline=pipeline, newest=shown[-1], charts=charts, looks=shown[::-1], width=WIDTH, height=HEIGHT, left=EDGE
        )
    )


def draw_metrics(looks: Sequence[Data]) -> list[Chart]:
    """Returns a chart of each metric that has a bar in the newest look with labels, over all rows."""
    measured = [look for look in looks if look["metrics"]]
    bars = measured[-1]["bar"] if measured else {}
    charts = []
    for metric, bar in bars.items():
        points = []
        for look in measured:
            missed = {each["metric"] for each in look["missed"]}
            where = look["at"], look["version"], look["source"]
            points += [
                Point(*where, each["value"], each["low"], each["high"], bad=metric in missed)
                for each in look["metrics"]
                if (each["slice"], each["metric"]) == (OVERALL, metric)
            ]
        published = measured[-1]["published"].get(OVERALL, {}).get(metric)
        beside = {f"when published {published:.4f}": published} if published is not None else {}
        charts += _draw(metric, points, {**{f"{key} {value:g}": value for key, value in bar.items()}, **beside})
    return charts


def draw_drift(looks: Sequence[Data]) -> list[Chart]:
    """Returns a chart of the answers, and of each column that was too far in one of the looks; else of the farthest."""
    points: dict[str, list[Point]] = {}
    for look in looks:
        for each in look["strayed"]:
            if each["distance"] is not None:
                far = each["limit"] is not None and each["distance"] > each["limit"]
                where = look["at"], look["version"], look["source"]
                point = Point(*where, each["distance"], limit=each["limit"], bad=far)
                points.setdefault(each["column"], []).append(point)
    far = {name for name, found in points.items() if any(point.bad for point in found)}
    farthest = sorted(points, key=lambda name: -points[name][-1].value)[:1]
    charts = []
    for name in points:
        if name in far or name in farthest or name == "prediction":
            limit = points[name][-1].limit
            charts += _draw(f"{name}: distance", points[name], {} if limit is None else {f"limit {limit:g}": limit})
    return charts


def _draw(name: str, points: Sequence[Point], limits: Mapping[str, float]) -> list[Chart]:
    """Returns the chart of points, if there are any."""
    if not points:
        return []
    ends = [end for point in points for end in (point.value, point.low, point.high) if end is not None]
    low, high = min([*ends, *limits.values()]), max([*ends, *limits.values()])
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round(EDGE + (high - value) / (high - low) * (HEIGHT - 2 * EDGE), 1)

    step = (WIDTH - 2 * EDGE) / max(len(points) - 1, 1)
    dots, changes = [], dict[int, tuple[float, str]]()
    for number, point in enumerate(points):
        x = round(EDGE + number * step, 1)
        if not number or point.version != points[number - 1].version:
            changes[point.version] = x, point.at[:10]
        ends = [place(point.value if end is None else end) for end in (point.low, point.high)]
        dots.append(Dot(point, x, place(point.value), *ends))
    lines = {text: place(value) for text, value in limits.items() if math.isfinite(value)}
    return [Chart(name, dots, lines, changes)]
