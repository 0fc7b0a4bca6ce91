"""The card of a model: what it is for, what it learnt from, how good it is, and how to make it again.

After Mitchell et al., Model Cards for Model Reporting, 2019.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.evaluation.direction import COSTS, COUNT
from components.evaluation.judgement import OVERALL, Measured, tell_figure
from configs.schema.config import Config

LOW = ("calibration", *COSTS)  # metrics whose largest value ranks a slice as the worst
MOST = 10  # slices that are listed
UNKNOWN = "not stated (card in the YAML)"
AGAIN = "millrace run assets.extra/config.json"


@dataclass(frozen=True)
class Slice:
    """A part of the rows that judged, by its column's value, and the metric that matters on it."""

    name: str
    rows: float
    value: float


@dataclass(frozen=True)
class ModelCard:
    """What stands on the card, as texts and figures."""

    name: str
    owner: str
    purpose: str
    limits: str
    licence: str
    facts: Mapping[str, str]
    metrics: Sequence[Measured]
    main: str  # the metric that the slices are ranked by
    slices: Sequence[Slice]  # the worst first
    others: int  # slices that are not listed
    run: str
    again: str


def describe_model(
    config: Config,
    measured: Sequence[Measured],
    rows: Mapping[str, int],
    run: str,
    again: str = AGAIN,
    spent: Mapping[str, Any] | None = None,
) -> ModelCard:
    """Returns the card of a model that was measured so; `rows` are those of each split, `again` the command.

    `spent` is what the Trainer tells of its privacy, if it counted.
    """
    card, main = config.card, str(next(iter(config.evaluation.thresholds)))
    overall = [item for item in measured if item.slice == OVERALL and item.metric != COUNT]
    ranked = rank_slices(config, measured, main)
    return ModelCard(
        config.name,
        card.owner or UNKNOWN,
        card.purpose or UNKNOWN,
        card.limits or UNKNOWN,
        card.licence or UNKNOWN,
        _tell_facts(config, rows) | ({"privacy": tell_privacy(spent)} if spent else {}),
        sorted(overall, key=lambda item: (item.metric not in config.evaluation.thresholds, item.metric)),
        main,
        ranked[:MOST],
        len(ranked[MOST:]),
        run,
        again,
    )


def rank_slices(config: Config, measured: Sequence[Measured], main: str) -> list[Slice]:
    """Returns the slices by a metric, the worst first, without those that a private column names."""
    rows = {item.slice: item.candidate for item in measured if item.metric == COUNT}
    shown = [
        Slice(item.slice, rows.get(item.slice, 0.0), item.candidate)
        for item in measured
        if item.metric == main and item.slice != OVERALL and not hides_slice(config, item.slice)
    ]
    return sorted(shown, key=lambda found: found.value, reverse=main in LOW)


def hides_slice(config: Config, name: str) -> bool:
    """Whether a slice is told by the value of a private column."""
    return any(
        config.hides(column) for columns in config.evaluation.slices for column in columns if f"{column}=" in name
    )


def _tell_facts(config: Config, rows: Mapping[str, int]) -> dict[str, str]:
    names = list(config.features)
    counted = ", ".join(f"{count:,} {split}" for split, count in rows.items())
    return {
        "data": f"{config.data.path}; rows: {counted}",
        "predicts": f"{config.label.name}, {config.label.kind}"
        + (f": {', '.join(config.label.values)}" if config.label.values else ""),
        "features": f"{len(names)}: {', '.join(names[:30])}{' …' if len(names) > 30 else ''}",
        "model": config.model.family + (", trained anew on all rows" if config.refits else ""),
    }


def tell_privacy(spent: Mapping[str, Any]) -> str:
    """Returns what the weights may tell of a row, and what of the data is not counted."""
    shared = f", with {spent['trainings'] - 1} trials of a search" if spent["trainings"] > 1 else ""
    return (
        f"epsilon {spent['epsilon']:.3f} at delta {spent['delta']:.2g} for each row of the train split{shared}, by "
        f"{spent['steps']:,} steps with noise of {spent['noise']:.3f} and gradients of at most {spent['clip']:g}. "
        "Of the weights alone: vocabularies, statistics, the schema, figures and the other splits are not private"
    )


def write_markdown(card: ModelCard) -> str:
    """Returns the card in Markdown, as a version carries it."""
    lines = [
        f"# Model card: {card.name}",
        "",
        *_tabulate(["", ""], [("owner", card.owner), ("licence", card.licence)]),
        "## Purpose",
        "",
        card.purpose,
        "",
        "## Limits",
        "",
        card.limits,
        "",
        "## Data and model",
        "",
        *_tabulate(["", ""], list(card.facts.items())),
        "## Metrics",
        "",
        *_tabulate(
            ["metric", "this model", "in service before"],
            [(item.metric, tell_figure(item.candidate), tell_figure(item.baseline)) for item in card.metrics],
        ),
    ]
    if card.slices:
        rows = [(found.name, f"{found.rows:,.0f}", tell_figure(found.value)) for found in card.slices]
        more = [f"{card.others} more are in the evaluation.", ""] if card.others else []
        lines += [f"## Slices, the worst by {card.main}", "", *_tabulate(["slice", "rows", card.main], rows), *more]
    lines += ["## Reproduce", "", f"    {card.again}", "", f"It was made by run {card.run}.", ""]
    return "\n".join(lines)


def _tabulate(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    table = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(map(_escape, row))} |" for row in table), ""]


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
