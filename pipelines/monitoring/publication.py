"""What a version was like when it was published."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.evaluation.direction import COUNT
from components.evaluation.judgement import KEPT, OVERALL
from components.registry.versions import Version
from configs.schema.label import Label


@dataclass(frozen=True)
class Publication:
    """Its metrics by slice, and how its answers were spread on the rows that judged it; None where it does not say."""

    metrics: Mapping[str, Mapping[str, float]]
    answers: Mapping[str, Any] | None = None


def recall_publication(version: Version, label: Label) -> Publication:
    """Returns what a version carries of it; of one that an older release published, its metrics over all rows alone."""
    file = version.extras / "evaluation" / KEPT
    kept = json.loads(file.read_text()) if file.exists() else {}
    if not kept.get("answers"):  # nor where no row has judged it
        return Publication({OVERALL: _leave_count(version.manifest["metrics"])})
    metrics: dict[str, dict[str, float]] = {}
    for each in kept["metrics"]:
        metrics.setdefault(each["slice"], {})[each["metric"]] = each["candidate"]
    rows = int(metrics[OVERALL][COUNT])
    found = {name: _leave_count(values) for name, values in metrics.items()}
    if label.kind in ("multiclass", "multilabel"):
        told = zip(label.values, map(int, kept["answers"]), strict=True)
        return Publication(found, {"rows": rows, "counts": {name: count for name, count in told if count}})
    return Publication(found, {"rows": rows, "edges": kept["answers"]})


def _leave_count(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name != COUNT}
