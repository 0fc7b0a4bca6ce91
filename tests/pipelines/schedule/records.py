"""Runs as they are on record, without having been run."""

import json
from collections.abc import Mapping
from typing import Any

from configs.schema.config import Config
from pipelines.execution.provenance import describe_provenance
from pipelines.runs.directory import begin_run, write_decision
from pipelines.runs.run import Run


def leave_run(config: Config, name: str, began: str, scheduled: bool = True) -> Run:
    """Leaves what a run has left that was killed."""
    run = Run(config.home, name)
    begin_run(config, run)
    run.started.write_text(began)
    if scheduled:
        write_decision(run, {"due": True})
    return run


def leave_record(
    config: Config,
    name: str,
    began: str = "2026-06-01T03:00:00+00:00",
    portions: Mapping[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Leaves a run that has ended, having read these portions, and returns its record."""
    scheduled = fields.get("decision", {"due": True}) is not None
    run = leave_run(config, name, began, scheduled)
    node = {"node": "ExampleGen", "state": "done", "details": {"portions": portions or {}}}
    record = {
        "pipeline": config.name, "run": name, "number": int(run.number.read_text()), "started": began, "ended": began,
        "exit_code": 0, "published": None, "error": None, "stopped": False,
        "decision": {"due": True, "text": "due: its time"},
        "made_of": describe_provenance(config), "nodes": [node], **fields,
    }  # fmt: skip
    run.record.write_text(json.dumps(record))
    return record
