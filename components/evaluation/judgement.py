"""What is said of a candidate, as data: its metrics by slice, and the thresholds that it missed."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

OVERALL = "Overall"
GOLDEN = "golden set"  # as a slice
LITE_MODEL = "LiteRT"  # the same of the candidate's LiteRT file on the test split
BESIDE = GOLDEN_SET, LITE_FILE = "golden.json", "lite.json"  # in the evaluation: what was measured beside TFMA
KEPT = "measured.json"  # in the evaluation: metrics by slice, and how the answers are spread, for who has no TFMA


@dataclass(frozen=True)
class Measured:
    """One metric on one slice, of the candidate and, when there is one, of the baseline.

    The candidate's lies within `interval` by all likelihood, and what it is above the baseline's within `change`; None
    where the rows do not tell.
    """

    slice: str
    metric: str
    candidate: float
    baseline: float | None
    interval: tuple[float, float] | None = None
    change: tuple[float, float] | None = None


@dataclass(frozen=True)
class Failure:
    """A threshold that the candidate missed on a slice; as text, a sentence without its stop."""

    slice: str
    metric: str | None = None  # None where no row fell into the slice
    value: float | None = None  # None where it could not be measured
    limit: float | None = None  # with its sign, where it is one of the change from the baseline
    kind: Literal["min", "max", "change"] = "min"
    baseline: float | None = None
    reason: str | None = None  # why it could not be measured

    def __str__(self) -> str:
        if self.metric is None:
            return f"{self.slice}: no row fell into this slice"
        name = f"{self.metric} ({self.slice})"
        if self.value is None:
            return f"{name}: {self.reason or 'not measured'}"
        if self.kind == "change":
            change = self.value - (self.baseline or 0.0)
            against = f"is {tell_figure(self.value)} against {tell_figure(self.baseline)} in service"
            return f"{name} {against}: a change of {change:+.4f} where {self.limit:+.4f} is the limit"
        side = "below" if self.kind == "min" else "above"
        return f"{name} is {tell_figure(self.value)}, {side} {self.limit:,.10g}"


def tell_figure(value: float | None) -> str:
    """Returns a metric's value as screens and pages have it: a count of hundreds and more has no decimals."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 and value == round(value) else f"{value:.4f}"


def write_beside(folder: str, name: str, measured: Sequence[Measured], missed: Sequence[Failure]) -> None:
    """Writes what was measured and missed into a file of BESIDE."""
    found = {"metrics": [asdict(each) for each in measured], "missed": [asdict(each) for each in missed]}
    Path(folder, name).write_text(json.dumps(found))


def read_beside(folder: str) -> tuple[list[Measured], list[Failure]]:
    """Returns what was measured beside TFMA, and missed."""
    files = [file for file in (Path(folder, name) for name in BESIDE) if file.exists()]
    told = [json.loads(file.read_text()) for file in files]
    measured = [Measured(**each) for found in told for each in found["metrics"]]
    return measured, [Failure(**each) for found in told for each in found["missed"]]
