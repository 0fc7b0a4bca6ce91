"""Cells of texts, pictures and series as a page draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEIGHT, MARGIN = 40.0, 3.0  # of a small picture of a series, 100 wide


@dataclass(frozen=True)
class Sample:
    """A feature, and some of its cells: each a `text`, an `image` as an URL, or a `line` through a series."""

    feature: str
    cells: Sequence[Mapping[str, str]]


def draw_samples(told: Sequence[Mapping[str, Any]]) -> list[Sample]:
    """Returns what the Evaluator told, its series as lines."""
    return [
        Sample(item["feature"], [draw(cell["series"]) if "series" in cell else cell for cell in item["cells"]])
        for item in told
        if item["cells"]
    ]


def draw(numbers: Sequence[float]) -> dict[str, str]:
    """Returns a line through numbers, from the least to the largest, as the path of an SVG; and what it spans."""
    low, high = min(numbers), max(numbers)
    step, scale = 100 / max(len(numbers) - 1, 1), (HEIGHT - 2 * MARGIN) / ((high - low) or 1)
    points = (
        f"{index * step:.1f} {HEIGHT - MARGIN - (value - low) * scale:.1f}" for index, value in enumerate(numbers)
    )
    return {"line": f"M{' L'.join(points)}", "tip": f"{len(numbers)} steps, {low:g} to {high:g}"}
