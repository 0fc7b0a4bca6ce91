"""Where a chart's points lie: shares of its width and height, which a template draws as SVG without any library.

All that is drawn is placed by per cent, and its texts by pixels: so it fits a screen of any width, and paper.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from configs.quantities import count

NARROWEST = 280  # pixels that labels below a chart share, on a telephone
LETTER = 8  # pixels of one, with what keeps it from the next label
TICKS = 5  # steps of an axis, at most
SMALL, MORE = 3.0, 9.0  # the radius of a dot, in pixels, and what all the rows add to it

Values = Sequence[float | None]


@dataclass(frozen=True)
class Dot:
    """A value: where it lies, its radius in pixels, and what is told of it."""

    x: float  # per cent
    y: float
    radius: float
    tip: str


@dataclass(frozen=True)
class Series:
    """The values of one name, and the lines between neighbours, where they are joined."""

    name: str
    dots: Sequence[Dot]
    lines: Sequence[tuple[Dot, Dot]]


@dataclass(frozen=True)
class Chart:
    """Series over places on an axis; `ticks` from the top down, `labels` with where they stand."""

    x_title: str
    y_title: str
    ticks: Sequence[str]
    labels: Sequence[tuple[float, str]]
    series: Sequence[Series]
    line: float | None  # where a line goes across, per cent from the top


def chart(
    titles: tuple[str, str],
    places: Sequence[str],
    series: Mapping[str, Values],
    rows: Sequence[float] = (),
    line: float | None = None,
) -> Chart:
    """Returns a chart of values by place: joined by lines, or dots that grow with the `rows` that they are of."""
    known = [value for values in (*series.values(), [line]) for value in values if is_finite(value)]
    low, high, step = scale(known)
    spots = [(100 * (index + 0.5) / len(places), place) for index, place in enumerate(places)]
    ticks = [f"{high - index * step:.6g}" for index in range(round((high - low) / step) + 1)]
    drawn = [_draw(name, values, spots, rows, (low, high)) for name, values in series.items()]
    return Chart(*titles, ticks, thin(spots), drawn, _fall(line, low, high) if is_finite(line) else None)


def is_finite(value: float | None) -> TypeGuard[float]:
    """Whether it is a number that has a place on an axis."""
    return value is not None and math.isfinite(value)


def scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Returns both ends of an axis that holds all values, and its step: 1, 2 or 5 times a power of ten."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        margin = abs(low) / 10 or 0.5
        low, high = low - margin, high + margin
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough * (1 - 1e-9))
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def thin(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Returns as many of the labels below a chart, evenly, as stand side by side on a telephone; long ones cut."""
    cut = [(x, text if len(text) <= 12 else f"{text[:11]}…") for x, text in labels]
    longest = max((len(text) for _, text in cut), default=0)
    every = max(1, math.ceil(len(cut) * (longest + 1) * LETTER / NARROWEST))
    return cut[::every]


def _draw(
    name: str, values: Values, spots: Sequence[tuple[float, str]], rows: Sequence[float], ends: tuple[float, float]
) -> Series:
    dots: list[Dot | None] = []
    for index, (value, (x, place)) in enumerate(zip(values, spots, strict=True)):
        if not is_finite(value):
            dots.append(None)
            continue
        tip, radius = f"{place}, {name}: {value:.4f}", SMALL
        if rows:
            tip, radius = (
                f"{tip}, {count(round(rows[index]), 'row')}",
                SMALL + MORE * math.sqrt(rows[index] / max(rows)),
            )
        dots.append(Dot(x, _fall(value, *ends), radius, tip))
    lines = [] if rows else [(a, b) for a, b in pairwise(dots) if a and b]
    return Series(name, [dot for dot in dots if dot], lines)


def _fall(value: float, low: float, high: float) -> float:
    return 100 * (high - value) / (high - low)
