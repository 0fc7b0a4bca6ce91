"""The figures of a run's page as data: report.json, whose keys docs/report.md tells."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pipelines.reporting.charts import Chart

VERSION = 1  # of the keys: another where one means something else, or is gone
DRAWN = (
    "record",
    "states",
    "curves",
    "trials",
    "config",
)  # what the page is drawn with alone; record and config lie beside it


def write_figures(found: Mapping[str, Any]) -> str:
    """Returns what the page shows, as JSON: no number is NaN or infinite, and none is where a chart's points lie."""
    record = found["record"]
    told = {"schema": VERSION, "pipeline": record["pipeline"], "run": record["run"]}
    told |= {key: value for key, value in found.items() if key not in DRAWN}
    return json.dumps(_tell(told), indent=1, allow_nan=False)


def _tell(value: Any) -> Any:
    """Returns a value as JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value):
        return _tell({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return {str(key): _tell(found) for key, found in value.items() if not isinstance(found, Chart)}
    if isinstance(value, set):
        return [_tell(found) for found in sorted(value)]
    if isinstance(value, list | tuple):
        return [_tell(found) for found in value if not isinstance(found, Chart)]
    return value
