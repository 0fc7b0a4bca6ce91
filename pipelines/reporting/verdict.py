"""Whether to trust a model: each threshold as a bar, what came of it in service, and what to do next."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.evaluation.direction import COSTS, COUNT
from components.evaluation.judgement import OVERALL
from configs.errors import DataRejected, NotBlessed
from configs.schema.evaluation import Threshold
from pipelines.reporting.charts import is_finite

Measured = Mapping[str, Any]  # slice, metric, candidate, baseline: as components.evaluation.judgement has it
UNBOUNDED = ("calibration", *COSTS)  # metrics that may pass 1
OF_SCHEMA = {"gate.unseen", "data.schema_file"}  # keys of what `schema accept` mends


@dataclass(frozen=True)
class Limit:
    """What a metric had to reach: in words, and where on the bar that is."""

    text: str
    at: float | None  # per cent from the left; None where nothing in service gives it a place


@dataclass(frozen=True)
class Judged:
    """One metric over all rows, with its bar; `passed` is None where it had nothing to reach."""

    metric: str
    candidate: float
    baseline: float | None
    limits: Sequence[Limit]
    passed: bool | None
    bar: (
        tuple[float | None, float | None] | None
    )  # where it begins and ends, per cent; None of what could not be measured
    served: float | None  # where what is in service stands, per cent


@dataclass(frozen=True)
class Step:
    """A command, and what it is for."""

    command: str
    purpose: str


def judge(
    measured: Sequence[Measured], thresholds: Mapping[Any, Threshold], missed: Container[tuple[str, str]]
) -> list[Judged]:
    """Returns the metrics over all rows, those with a threshold first."""
    overall = {item["metric"]: item for item in measured if item["slice"] == OVERALL}
    found = []
    for metric in sorted(overall.keys() - {COUNT}, key=lambda name: (name not in thresholds, name)):
        item = overall[metric]
        bounds = list_bounds(thresholds[metric], item["baseline"]) if metric in thresholds else []
        is_held = any(at is not None for _, at in bounds)
        found.append(_place(item, bounds, (OVERALL, metric) not in missed if is_held else None))
    return found


def list_bounds(threshold: Threshold, baseline: float | None) -> list[tuple[str, float | None]]:
    """Returns the limits of a metric in words, each with its value; that of a change has one beside a baseline only."""
    found: list[tuple[str, float | None]] = []
    if threshold.min is not None:
        found.append((f"at least {threshold.min:g}", threshold.min))
    if threshold.max is not None:
        found.append((f"at most {threshold.max:g}", threshold.max))
    for allowed, sign, words in ((threshold.max_drop, -1, "below"), (threshold.max_rise, 1, "above")):
        if allowed is not None:
            at = baseline + sign * allowed if is_finite(baseline) else None
            reached = "" if at is None else f"at {'least' if sign < 0 else 'most'} {at:.4f}: "
            found.append((f"{reached}{allowed:g} {words} what is in service", at))
    return found


def _place(item: Measured, bounds: Sequence[tuple[str, float | None]], passed: bool | None) -> Judged:
    value, baseline = item["candidate"], item["baseline"]
    known = [found for found in (value, baseline, *(at for _, at in bounds)) if is_finite(found)]
    low = min([0.0, *known])
    high = max([*known, 0.0]) * 1.15 if item["metric"] in UNBOUNDED else 1.0
    ends = (low, high if high > low else low + 1)
    return Judged(
        item["metric"],
        value,
        baseline,
        [Limit(text, _share(at, ends)) for text, at in bounds],
        passed,
        (_share(min(0.0, value), ends), _share(max(0.0, value), ends)) if is_finite(value) else None,
        _share(baseline, ends),
    )


def _share(value: float | None, ends: tuple[float, float]) -> float | None:
    return 100 * (value - ends[0]) / (ends[1] - ends[0]) if is_finite(value) else None


def tell_service(record: Mapping[str, Any], before: int | None) -> str:
    """Returns what is in service, and whether this run changed that; `before` is the version that was, where known."""
    if not record["in_service"]:
        return "Nothing is in service yet."
    serving = f"In service: version {record['in_service']}, in {record['serving']}."
    if waits := record.get("challenger"):
        return f"{serving} A challenger waits to take its place: {waits}."
    if not record["published"]:
        return f"{serving} This run has not changed that."
    return f"{serving} This run put it there{f', in place of version {before}' if before else ''}."


def list_steps(record: Mapping[str, Any], keys: Container[str]) -> list[Step]:
    """Returns what a person may do next; `keys` are those of the config that the gate's findings are of."""
    run = record["run"]
    if record["exit_code"] == NotBlessed.exit_code:
        return [
            Step("millrace run CONFIG", "once data, model or thresholds are changed"),
            Step(f"millrace promote CONFIG --run {run} --reason REASON", "puts it into service on your word"),
        ]
    if record["exit_code"] == DataRejected.exit_code:
        again = [Step("millrace run CONFIG", "once the data are mended; what is unchanged is not done again")]
        if not keys:
            return again
        accept = Step("millrace run CONFIG --accept-anomalies REASON", "goes on this once; the reason is kept")
        if not any(key in keys for key in OF_SCHEMA):
            return [*again, accept]
        widen = Step("millrace schema accept CONFIG", "keeps what is new, where the data are right")
        return [*again, Step("millrace schema diff CONFIG", "lists what the schema does not know"), widen, accept]
    if record["exit_code"]:
        return [Step("millrace run CONFIG", "once the cause is mended; nodes that are done stay so")]
    if not record["published"]:
        return [Step("millrace history CONFIG", "lists what has been in service, and why")]
    use = [
        Step("millrace predict CONFIG --input FILE --output FILE", "scores the rows of a file"),
        Step("millrace serve CONFIG", "answers requests over HTTP"),
    ]
    back = Step("millrace rollback CONFIG --reason REASON", "goes back to the version before")
    return [*use, back] if record["published"] > 1 else use
