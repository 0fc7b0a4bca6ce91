"""Two runs of a pipeline side by side, on a page: metrics, curves, config and data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from components.evaluation.direction import COUNT
from components.evaluation.judgement import OVERALL
from configs.schema.config import Config
from pipelines.reporting import console, html_report
from pipelines.reporting.charts import Chart, chart
from pipelines.reporting.comparison import Change, diff
from pipelines.runs.directory import find_record
from pipelines.runs.run import Run

FACTS = ("missing", "mean", "median", "unique")  # of a column


@dataclass(frozen=True)
class Pair:
    """A figure of both runs; None where one has it not."""

    name: str
    values: tuple[float | None, float | None]

    @property
    def difference(self) -> float | None:
        """How much more the second has."""
        first, second = self.values
        return None if first is None or second is None else second - first


@dataclass(frozen=True)
class Side:
    """One of the two: its record, and how it ended."""

    record: Mapping[str, Any]
    details: Mapping[str, Mapping[str, Any]]
    headline: str

    @property
    def intervals(self) -> dict[str, Any]:
        """Between what each of its metrics lies, where that is known."""
        measured = self.details.get("Evaluator", {}).get("metrics", [])
        return {item["metric"]: item.get("interval") for item in measured if item["slice"] == OVERALL}


def write_comparison(first: Run, second: Run) -> Path:
    """Writes the page into the folder of the second run, and returns where; raises ConfigError where one is none."""
    sides = [read_side(find_record(run.home, run.id)) for run in (first, second)]
    configs = [Config.model_validate_json(run.config.read_text()) for run in (first, second)]
    page = second.folder / f"compared-with-{first.id}.html"
    page.write_text(render(sides, configs), encoding="utf-8")
    return page


def read_side(record: Mapping[str, Any]) -> Side:
    """Returns what is shown of a run."""
    details = {node["node"]: node["details"] for node in record["nodes"]}
    return Side(record, details, console.headline(record).plain)


def render(sides: Sequence[Side], configs: Sequence[Config]) -> str:
    """Returns the page."""
    first, second = sides
    return html_report.template("run_comparison.html").render(
        sides=sides,
        metrics=[pair for pair in _pair_details(sides, "Evaluator", "overall") if pair.name != COUNT],
        curves=overlay(first, second),
        changes=compare_configs(*configs),
        rows=_pair_details(sides, "ExampleGen", "rows"),
        columns=compare_columns(first, second),
    )


def pair_up(first: Mapping[str, float | None], second: Mapping[str, float | None]) -> list[Pair]:
    """Returns the figures of both by name, in the order of the first."""
    return [Pair(name, (first.get(name), second.get(name))) for name in dict.fromkeys([*first, *second])]


def _pair_details(sides: Sequence[Side], node: str, part: str) -> list[Pair]:
    return pair_up(*(side.details.get(node, {}).get(part, {}) for side in sides))


def overlay(first: Side, second: Side) -> list[Chart]:
    """Returns a chart of each curve that both were traced by, on the eval split."""
    histories = [side.details.get("Trainer", {}).get("history", {}) for side in (first, second)]
    names = [name for name in histories[0] if name.startswith("val_") and name in histories[1]]
    unit = second.details.get("Trainer", {}).get("unit", "epoch")
    return [_draw(name, unit, [history[name] for history in histories]) for name in names]


def _draw(name: str, unit: str, values: Sequence[Sequence[float]]) -> Chart:
    padded = list(zip_longest(*values))
    places = [str(number) for number in range(1, len(padded) + 1)]
    series = {text: [pair[index] for pair in padded] for index, text in enumerate(("first", "second"))}
    return chart((unit, f"{name.removeprefix('val_')}, eval"), places, series)


def compare_configs(first: Config, second: Config) -> list[Change]:
    """Returns the keys whose values differ, without the password that a metadata store may have."""
    before, now = (config.model_dump(mode="json", exclude={"storage": {"metadata"}}) for config in (first, second))
    return diff(before, now)


def compare_columns(first: Side, second: Side) -> dict[str, list[Pair]]:
    """Returns the facts of each column that differ between both, by column; one that lacks has no facts."""
    columns = [side.details.get("StatisticsGen", {}).get("columns", {}) for side in (first, second)]
    found = {}
    for name in dict.fromkeys([*columns[0], *columns[1]]):
        pairs = pair_up(*({fact: known.get(name, {}).get(fact) for fact in FACTS} for known in columns))
        if changed := [pair for pair in pairs if pair.values[0] != pair.values[1]]:
            found[name] = changed
    return found
