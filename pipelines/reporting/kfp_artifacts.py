"""What Kubeflow Pipelines shows of a run: a page, and the figures that the model was judged by."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.errors import ConfigError
from pipelines.reporting import console, html_report

# Where a launcher expects a file of its stores, as kfp's own executor has it (kfp.dsl.types.artifact_types).
MOUNTS = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}


def write_artifacts(record: Mapping[str, Any], executor_input: str) -> None:
    """Writes the artifacts `summary` and `metrics` to where the launcher's JSON says, and the latter's figures.

    Raises ConfigError where that is no executor input with both.
    """
    try:
        outputs = json.loads(executor_input)["outputs"]
        summary, metrics = (outputs["artifacts"][name]["artifacts"][0] for name in ("summary", "metrics"))
        page, file = Path(localise(summary["uri"])), Path(outputs["outputFile"])
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigError(f"this is no executor input of Kubeflow's: {error!r}", "--executor-input") from None
    metrics |= {"metadata": figures(record)}
    artifacts = {
        name: {"artifacts": [{key: artifact[key] for key in ("name", "uri", "metadata") if key in artifact}]}
        for name, artifact in (("summary", summary), ("metrics", metrics))
    }
    for path, text in ((page, render(record)), (file, json.dumps({"artifacts": artifacts}))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def localise(uri: str) -> str:
    """Returns the path at which the launcher looks for a file that it puts into a store; a path stays."""
    for scheme, mount in MOUNTS.items():
        if uri.startswith(scheme):
            return mount + uri.removeprefix(scheme)
    return uri


def figures(record: Mapping[str, Any]) -> dict[str, float]:
    """Returns the metrics over all rows; none where the model was not evaluated."""
    details = {node["node"]: node["details"] for node in record["nodes"]}
    overall = details.get("Evaluator", {}).get("overall", {})
    return {name: value for name, value in overall.items() if math.isfinite(value)}


def render(record: Mapping[str, Any]) -> str:
    """Returns the page: how the run ended and why, its nodes, and what is in service."""
    return html_report.template("summary.html").render(
        record=record,
        headline=console.headline(record).plain,
        duration=html_report.last(record["started"], record["ended"]),
        states={state: drawn.plain for state, drawn in console.STATES.items()},
        metrics=figures(record),
        beside=console.compare(record),
    )
