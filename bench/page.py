"""The page and its picture, drawn from the records alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.contestants import CONTESTANTS
from bench.summary import START, Growth, Line, grow, judge, pace, summarise

RECORDS, PAGE, PICTURE = "performance.json", "performance.md", "images/performance-{}.svg"
STACKS = ("current", "long-lived")
SHOWN = (START, "ExampleGen", "StatisticsGen", "Transform", "Trainer", "Evaluator")
OTHER = "other nodes"
WIDE_AIMS = {"StatisticsGen": 10, "Transform": 15, "Trainer": 30, "LoadCheck": 10}  # s of wall, at 857 columns
WIDTH, LEFT, RIGHT, TOP = 900, 205, 60, 70  # pixels
BAR, STEP, HEADING = 22, 32, 46


@dataclass(frozen=True)
class Bar:
    """One contestant's bar: where it lies, its pieces as (component, from, to) in seconds, and their sum."""

    title: str
    y: int
    pieces: Sequence[tuple[str, float, float]]
    total: float


def draw(folder: Path, stacks: Mapping[str, Any]) -> None:
    """Writes the page, and a picture for each stack, into a folder; the current stack comes first."""
    (folder / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    sections = []
    for stack in STACKS:
        if records := stacks.get(stack, {}).get("records"):
            runs = summarise([record for record in records if record["rows"]])
            (folder / PICTURE.format(stack)).write_text(picture(runs), encoding="utf-8")
            sections.append(describe(stack, stacks[stack], runs))
    page = (
        _templates()
        .get_template("performance.md.jinja")
        .render(sections=sections, contestants=CONTESTANTS, wide_aims=WIDE_AIMS)
    )
    (folder / PAGE).write_text(page, encoding="utf-8")


def describe(stack: str, measured: Mapping[str, Any], runs: Sequence[Line]) -> dict[str, Any]:
    """Returns what the page says of a stack."""
    return {
        "stack": stack,
        "picture": PICTURE.format(stack),
        "measured": measured,
        "sizes": sorted({line.rows for line in runs}),
        "runs": runs,
        "imports": summarise([record for record in measured["records"] if not record["rows"]]),
        "aims": judge(runs),
        "growths": tabulate(runs),
        "names": list(dict.fromkeys(line.contestant for line in runs)),
        "paces": pace(measured["families"]["records"]) if "families" in measured else [],
        "wide": measured["wide"]["records"] if "wide" in measured else [],
        "scale": measured["scale"]["records"] if "scale" in measured else [],
    }


def tabulate(runs: Sequence[Line]) -> dict[str, dict[str, Growth]]:
    """Returns the growth by component, then by contestant; nothing where there is but one size."""
    table: dict[str, dict[str, Growth]] = {part: {} for part in SHOWN}
    for name in dict.fromkeys(line.contestant for line in runs):
        lines = sorted((line for line in runs if line.contestant == name), key=lambda line: line.rows)
        if len(lines) > 1:
            for part, growth in grow(lines[0], lines[-1]).items():
                table.setdefault(part, {})[name] = growth
    table["total"] = table.pop("total", {})
    return {part: row for part, row in table.items() if row}


def picture(runs: Sequence[Line]) -> str:
    """Returns the SVG: a panel for each size, in it a bar for each contestant, all to one scale."""
    panels, y = [], TOP
    for rows in sorted({line.rows for line in runs}):
        lines = [line for line in runs if line.rows == rows]
        bars = [stack(line, y + HEADING + STEP * place) for place, line in enumerate(lines)]
        panels.append({"rows": rows, "y": y, "bars": bars})
        y += HEADING + STEP * len(lines)
    longest = max(line.cpu for line in runs)
    tick = choose_tick(longest)
    return (
        _templates()
        .get_template("performance.svg.jinja")
        .render(
            panels=panels,
            legend=[*SHOWN, OTHER],
            ticks=range(0, math.ceil(longest) + 1, tick),
            scale=(WIDTH - LEFT - RIGHT) / longest,
            width=WIDTH,
            height=y + 40,
            left=LEFT,
            top=TOP,
            bottom=y,
            bar=BAR,
        )
    )


def stack(line: Line, y: int) -> Bar:
    """Returns the bar of a line: the components that matter in their order, then all others as one piece."""
    shown = {part: line.parts.get(part, 0.0) for part in SHOWN}
    shown[OTHER] = sum(seconds for part, seconds in line.parts.items() if part not in SHOWN)
    pieces, start = [], 0.0
    for part, seconds in shown.items():
        pieces.append((part, start, start + seconds))
        start += seconds
    return Bar(CONTESTANTS[line.contestant].title, y, pieces, line.cpu)


def choose_tick(longest: float) -> int:
    """Returns a round number of seconds that divides the axis into ten parts at most."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if longest / step <= 10)


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bench"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
