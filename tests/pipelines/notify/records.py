"""Records of runs, and of asking that came to none, as they are handed to who tells of them."""

from typing import Any

from configs.errors import MillraceError
from pipelines.runs.outcomes import as_data


def run_record(error: MillraceError | None = None, failed: str = "Trainer", **fields: Any) -> dict[str, Any]:
    nodes = [{"node": failed, "state": "failed", "details": {}}] if error else []
    return {
        "pipeline": "trips",
        "run": "r1",
        "folder": "/w/trips/runs/r1",
        "exit_code": error.exit_code if error else 0,
        "published": None,
        "stopped": False,
        "error": as_data(error) if error else None,
        "decision": {"text": "due: 3 of 2 new spans"},
        "nodes": nodes,
        **fields,
    }


def asked_record(**decision: Any) -> dict[str, Any]:
    return {"pipeline": "trips", "run": None, "exit_code": 0, "decision": {"text": "not due: ...", **decision}}
