"""How every run ends, wherever it ran: an audit, its record, its report and its exit code."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from components.evaluation.model_card import hides_slice
from components.registry.challenger import tell_waiting
from components.registry.versions import intact
from configs.clock import tell_now
from configs.errors import MillraceError, Stopped
from configs.schema.config import Config
from pipelines.execution.provenance import describe_provenance
from pipelines.execution.span_changes import find_changes
from pipelines.reporting import html_report
from pipelines.runs.directory import number_of, read_decision, write_file
from pipelines.runs.outcomes import Outcome, failure, read_outcomes
from pipelines.runs.run import Run

COUNTS = ("missing", "missing_by_split", "unique")  # what may be told of a private column


def finish_run(
    config: Config, run: Run, started: str, nodes: Sequence[str], interruption: MillraceError | None = None
) -> dict[str, Any]:
    """Audits the nodes that were expected, writes run.json and report.html, and returns the former.

    `interruption` says why a run ended before its nodes did. The record's `exit_code` is the run's own.
    """
    outcomes = audit(config, run, nodes, interruption)
    return record_run(config, run, started, outcomes, stopped=isinstance(interruption, Stopped))


def record_run(
    config: Config,
    run: Run,
    started: str,
    outcomes: Sequence[Outcome],
    repeats: str | None = None,
    stopped: bool = False,
) -> dict[str, Any]:
    """Writes run.json and report.html of a run whose nodes ended so, and returns the former.

    `repeats` is the id of the run that launched the nodes, where this one launched none; `stopped` says that a signal
    ended it.
    """
    outcomes = mask_slices([withhold(outcome, config) for outcome in outcomes], config)
    failed = next((outcome for outcome in outcomes if outcome.error), None)
    version = intact(config.home)
    published = version if version and version.manifest["run"] == run.id else None
    record = {
        "pipeline": config.name,
        "run": run.id,
        "number": number_of(run),
        "repeats": repeats,
        "stopped": stopped,
        "decision": read_decision(run),
        "made_of": _tell_provenance(config),
        "started": started,
        "ended": tell_now(),
        "exit_code": failed.error["exit_code"] if failed and failed.error else 0,
        "published": published.number if published else None,
        "in_service": version.number if version else None,
        "challenger": _tell_challenger(config),
        "serving": config.home.address(config.home.serving),
        "folder": config.home.address(run.folder),
        "error": failed.error if failed else None,
        "changed_spans": find_changes(config, run, outcomes),
        "nodes": [asdict(outcome) for outcome in outcomes],
    }
    run.folder.mkdir(parents=True, exist_ok=True)
    write_file(run.record, json.dumps(record, indent=2))
    try:
        html_report.write_report(record, run)
    except Exception as error:  # the run ended as it did, with a report or without
        logging.exception("There is no report of this run")
        record |= {"report": None, "report_error": str(error)}
        write_file(run.record, json.dumps(record, indent=2))
    if config.tracking.mlflow:
        record = tell_mlflow(config, run, record)
    return record


def tell_mlflow(config: Config, run: Run, record: dict[str, Any]) -> dict[str, Any]:
    """Sends a run that has ended to MLflow, and returns its record with what came of that: a run ends as it ended."""
    from pipelines.execution.mlflow_tracking import track  # only here: most runs need no HTTP client

    try:
        record |= {"mlflow": {"run": track(config, run, record)}}
    except Exception as error:
        logging.exception("MLflow was not told of this run")
        record |= {"mlflow": {"error": str(error)}}
    write_file(run.record, json.dumps(record, indent=2))
    return record


def withhold(outcome: Outcome, config: Config) -> Outcome:
    """Returns an outcome without what it tells of the values of columns that are private."""
    told = dict(outcome.details)
    if config.hides_label:
        told.pop("quality", None)
    if isinstance(columns := told.get("columns"), Mapping):
        told["columns"] = {
            name: {key: column[key] for key in COUNTS if key in column} if config.hides(name) else column
            for name, column in columns.items()
        }
    if isinstance(served := told.get("served"), Mapping):
        told["served"] = {name: shares for name, shares in served.items() if not config.hides(name)}
    if "unknown" in told:
        told["unknown"] = [change for change in told["unknown"] if not config.hides(change["column"])]
    return replace(outcome, details=told)


def mask_slices(outcomes: Sequence[Outcome], config: Config) -> list[Outcome]:
    """Returns outcomes that tell slices of private columns by numbers in place of the values that they are of."""
    judged = next((outcome.details for outcome in outcomes if outcome.node == "Evaluator"), {})
    told = dict.fromkeys(item["slice"] for item in judged.get("metrics", []))
    hidden = sorted((name for name in told if hides_slice(config, name)), key=len, reverse=True)  # a=10 before a=1
    masks = {name: f"{name.partition('=')[0]}=private {number}" for number, name in enumerate(hidden, 1)}
    return [
        replace(
            outcome,
            text=_mask(outcome.text, masks),
            details=_mask(outcome.details, masks),
            error=_mask(outcome.error, masks),
        )
        for outcome in outcomes
    ]


def _mask(found: Any, masks: Mapping[str, str]) -> Any:
    if isinstance(found, str):
        for name, mask in masks.items():
            found = found.replace(name, mask)
        return found
    if isinstance(found, Mapping):
        return {key: _mask(value, masks) for key, value in found.items()}
    return [_mask(value, masks) for value in found] if isinstance(found, list | tuple) else found


def audit(config: Config, run: Run, nodes: Sequence[str], interruption: MillraceError | None = None) -> list[Outcome]:
    """Returns how each expected node ended; one that its record or the metadata does not know as successful failed."""
    from pipelines.runs.mlmd import SUCCESSFUL, connection, read_executions  # only here: a run may do without MLMD

    recorded = read_outcomes(run)
    try:
        known = read_executions(connection(config), config.name, run.id)
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
                outcome = failure(node, interruption or _unknown(node))
        outcomes.append(outcome)
    return outcomes


def _tell_provenance(config: Config) -> dict[str, str]:
    with suppress(OSError):
        return describe_provenance(config)
    return {}  # a file that the config names cannot be read, of which the nodes have told


def _tell_challenger(config: Config) -> str | None:
    with suppress(MillraceError, OSError):
        return tell_waiting(config.home, config.evaluation.shadow)
    return None  # what is known of it cannot be read, which the next look at it tells


def _unknown(node: str) -> MillraceError:
    return MillraceError(
        "It was expected to run, and the metadata store knows of no success.",
        where=node,
        remedy="Run again; the run's log.txt says what happened.",
    )
