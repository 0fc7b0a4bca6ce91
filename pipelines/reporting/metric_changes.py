"""Which metrics are better than those of the version in service, as far as the rows that judged can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.evaluation.direction import COSTS, COUNT, TARGETS
from components.evaluation.judgement import OVERALL

Ends = Sequence[float] | None


@dataclass(frozen=True)
class MetricChange:
    """A metric of both models on the same rows, between what the change lies, and what that says."""

    metric: str
    before: float
    now: float
    change: float
    ends: Ends
    verdict: str


def list_changes(measured: Sequence[Mapping[str, Any]]) -> list[MetricChange]:
    """Returns what changed over all rows; none without a version in service to compare with."""
    return [
        MetricChange(
            item["metric"],
            item["baseline"],
            item["candidate"],
            item["candidate"] - item["baseline"],
            item.get("change"),
            judge_change(item["metric"], item.get("change")),
        )
        for item in measured
        if item["slice"] == OVERALL and item["metric"] != COUNT and item["baseline"] is not None
    ]


def judge_change(metric: str, ends: Ends) -> str:
    """Returns what a change between `ends` says: better or worse only where both lie on one side of zero."""
    if ends is None:
        return "not known"
    low, high = ends
    if low <= 0 <= high:
        return "no difference that these rows show"
    if metric in TARGETS:
        return "higher" if low > 0 else "lower"
    return "better" if (low > 0) != (metric in COSTS) else "worse"
