"""How every run ends, wherever it ran: an audit, its record, its report and its exit code."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from components.registry.versions import intact
from configs.errors import MillraceError
from configs.schema.config import Config
from pipelines.reporting import html_report
from pipelines.runs import directory
from pipelines.runs import outcomes as records
from pipelines.runs.mlmd import SUCCESSFUL, connection, executions
from pipelines.runs.outcomes import Outcome


def finish(
    config: Config, run_id: str, started: str, nodes: Sequence[str], interruption: MillraceError | None = None
) -> dict[str, Any]:
    """Audits the nodes that were expected, writes run.json and report.html, and returns the former.

    `interruption` says why a run ended before its nodes did. The record's `exit_code` is the run's own.
    """
    outcomes = audit(config, run_id, nodes, interruption)
    failed = next((outcome for outcome in outcomes if outcome.error), None)
    version = intact(config.home)
    published = version if version and version.manifest["run"] == run_id else None
    record = {
        "pipeline": config.name,
        "run": run_id,
        "started": started,
        "ended": directory.now(),
        "exit_code": failed.error["exit_code"] if failed and failed.error else 0,
        "published": published.number if published else None,
        "in_service": version.number if version else None,
        "serving": config.home.address(config.home.serving),
        "folder": config.home.address(config.home.run(run_id)),
        "error": failed.error if failed else None,
        "nodes": [asdict(outcome) for outcome in outcomes],
    }
    folder = config.home.run(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    directory.put(folder / directory.RECORD, json.dumps(record, indent=2))
    try:
        html_report.write(record, folder)
    except OSError as error:  # the run ended as it did, with a report or without
        logging.warning("There is no report of this run: %s", error)
        record |= {"report": None, "report_error": str(error)}
        directory.put(folder / directory.RECORD, json.dumps(record, indent=2))
    return record


def audit(
    config: Config, run_id: str, nodes: Sequence[str], interruption: MillraceError | None = None
) -> list[Outcome]:
    """Returns how each expected node ended; one that its record or the metadata does not know as successful failed."""
    recorded = records.read(config.home, run_id)
    try:
        known = executions(connection(config), config.name, run_id)
    except MillraceError as error:
        known, interruption = {}, interruption or error
    outcomes: list[Outcome] = []
    for node in nodes:
        outcome = recorded.get(node)
        complete = node in known and known[node].last_known_state in SUCCESSFUL
        if outcome is None or (outcome.succeeded and not complete):
            if any(not item.succeeded for item in outcomes):
                outcome = Outcome(node, "not run")
            else:
                outcome = records.failure(node, interruption or _unknown(node))
        outcomes.append(outcome)
    return outcomes


def _unknown(node: str) -> MillraceError:
    return MillraceError(
        "It was expected to run, and the metadata store knows of no success.",
        where=node,
        remedy="Run again; the run's log.txt says what happened.",
    )
