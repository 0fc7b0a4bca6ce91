"""The columns of the data as a table shows them: kind, missing values, and the distribution in each split, drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from configs.clock import tell_date
from configs.schema.config import Config
from configs.schema.features import list_columns
from pipelines.reporting.units import tell_number

Tell = Callable[[float | None], str]
SERVED = "in service"  # beside the splits
FACTS = ("mean", "median", "unique")
TELLERS: dict[str, Tell] = {"timestamp": tell_date}  # by the kind of a column


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
    told: Mapping[str, str]  # the same for a person: moments as dates
    quantiles: Sequence[str]
    span: str
    bins: Sequence[Bin]

    @property
    def is_served(self) -> bool:
        """Whether it is known how it is distributed in service."""
        return any(SERVED in found.heights for found in self.bins)


def tabulate(details: Mapping[str, Mapping[str, Any]], rows: Mapping[str, int], config: Config) -> list[Row]:
    """Returns a row for each column that StatisticsGen tells of; of what an older run left, as much as it knows.

    The DataGate's details tell how it is distributed in service.
    """
    columns = {
        name: lay_over(column, name, details)
        for name, column in details.get("StatisticsGen", {}).get("columns", {}).items()
    }
    kinds = name_kinds(config)
    return [
        Row(
            name,
            kinds.get(name, ""),
            {
                split: count / max(rows.get(split, 0), 1)
                for split, count in column.get("missing_by_split", {"train": column["missing"]}).items()
            },
            {fact: column.get(fact) for fact in FACTS},
            {fact: tell(column.get(fact)) for fact in FACTS},
            [tell(found) for found in column.get("quantiles", ())],
            _name_span(column, tell),
            list_bins(column, tell),
        )
        for name, column in columns.items()
        for tell in [TELLERS.get(kinds.get(name, ""), tell_number)]
    ]


def lay_over(column: Mapping[str, Any], name: str, details: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns a column with how it is distributed in service among its shares, where that is known."""
    served = details.get("DataGate", {}).get("served", {}).get(name)
    return {**column, "shares": {**column["shares"], SERVED: served}} if served and column.get("shares") else column


def name_kinds(config: Config) -> dict[str, str]:
    """Returns what each column of the data is, by the config."""
    kinds = {
        column: feature.kind for name, feature in config.features.items() for column in (*list_columns(feature), name)
    }
    return kinds | {config.label.name: f"label, {config.label.kind}"}


def list_bins(column: Mapping[str, Any], tell: Tell = tell_number) -> list[Bin]:
    """Returns the bins of a column's distribution, each with the shares of all splits."""
    shares = column.get("shares", {})
    highest = max((share for found in shares.values() for share in found), default=0.0)
    if not highest:
        return []
    told = column["values"] if "values" in column else [f"{tell(a)} to {tell(b)}" for a, b in pairwise(column["edges"])]
    return [
        Bin(
            f"{text}: " + ", ".join(f"{split} {found[index]:.1%}" for split, found in shares.items()),
            {split: 100 * found[index] / highest for split, found in shares.items()},
        )
        for index, text in enumerate(told)
    ]


def _name_span(column: Mapping[str, Any], tell: Tell) -> str:
    if edges := column.get("edges"):
        return f"{tell(edges[0])} to {tell(edges[-1])}; the outer bars hold what lies beyond"
    return ", ".join(column.get("values", []))
