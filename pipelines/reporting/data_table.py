"""The columns of the data as a table shows them: kind, missing values, and the distribution in each split, drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from configs.schema.config import Config
from configs.schema.features import list_columns


@dataclass(frozen=True)
class Bin:
    """One bin or value: what it holds, and how high it is in each split, in per cent of the highest."""

    tip: str
    heights: Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """One column; `bins` is empty where nothing is known of its distribution."""

    name: str
    kind: str
    missing: Mapping[str, float]  # share of the rows, by split
    facts: Mapping[str, float | None]
    span: str
    bins: Sequence[Bin]


def tabulate(columns: Mapping[str, Mapping[str, Any]], rows: Mapping[str, int], config: Config) -> list[Row]:
    """Returns a row for each column that StatisticsGen tells of; of what an older run left, as much as it knows."""
    kinds = name_kinds(config)
    return [
        Row(
            name,
            kinds.get(name, ""),
            {
                split: count / max(rows.get(split, 0), 1)
                for split, count in column.get("missing_by_split", {"train": column["missing"]}).items()
            },
            {fact: column.get(fact) for fact in ("mean", "median", "unique")},
            _name_span(column),
            list_bins(column),
        )
        for name, column in columns.items()
    ]


def name_kinds(config: Config) -> dict[str, str]:
    """Returns what each column of the data is, by the config."""
    kinds = {
        column: feature.kind for name, feature in config.features.items() for column in list_columns(feature) or [name]
    }
    return kinds | {config.label.name: f"label, {config.label.kind}"}


def list_bins(column: Mapping[str, Any]) -> list[Bin]:
    """Returns the bins of a column's distribution, each with the shares of all splits."""
    shares = column.get("shares", {})
    highest = max((share for found in shares.values() for share in found), default=0.0)
    if not highest:
        return []
    told = column["values"] if "values" in column else [f"{a:g} to {b:g}" for a, b in pairwise(column["edges"])]
    return [
        Bin(
            f"{text}: " + ", ".join(f"{split} {found[index]:.1%}" for split, found in shares.items()),
            {split: 100 * found[index] / highest for split, found in shares.items()},
        )
        for index, text in enumerate(told)
    ]


def _name_span(column: Mapping[str, Any]) -> str:
    if edges := column.get("edges"):
        return f"{edges[0]:g} to {edges[-1]:g}; the outer bars hold what lies beyond"
    return ", ".join(column.get("values", []))
