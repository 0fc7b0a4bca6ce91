"""What Kubeflow Pipelines shows of a run: a page, figures, the model, and how it was judged, each where it looks."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pipelines.reporting import console, html_report
from pipelines.reporting.executor_input import ExecutorInput

Shown: TypeAlias = tuple[Mapping[str, Any], str | None]  # what is known of an artifact, and what its file holds
# Where a launcher expects a file of its stores, as kfp's own executor has it (kfp.dsl.types.artifact_types).
MOUNTS = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}


def write_run(record: Mapping[str, Any], told: ExecutorInput) -> None:
    """Writes the artifacts of a run's end: the page `summary`, and the figures `metrics`."""
    _write(told, {"metrics": figures(record)}, {"summary": render(record)})


def write_decision(decision: Mapping[str, Any], told: ExecutorInput) -> None:
    """Writes what the first step of a schedule's run has decided, as the parameters that its other steps wait for."""
    texts = {"due": json.dumps(decision["due"]), "decision": decision["text"]}
    for name, path in told.parameters.items():
        _put(path, texts[name])


def show_model(details: Mapping[str, Any], place: str) -> Shown:
    """Returns the artifact `model` of the Trainer: where the SavedModel lies, and what the training came to.

    Its files stay where they are: a launcher would carry a copy of all of them into Kubeflow's store.
    """
    facts = {key: value for key, value in details.items() if isinstance(value, int | float | str)}
    return {**facts, "framework": "TensorFlow", "path": place}, f"{place}\n"


def show_judgement(details: Mapping[str, Any], classes: Sequence[Any]) -> Shown:
    """Returns the artifact `classification` of the Evaluator: the table of classes, and of two of them the ROC curve.

    Their form is that of kfp.dsl.ClassificationMetrics.
    """
    found: dict[str, Any] = {}
    if table := details.get("confusion"):
        found["confusionMatrix"] = {
            "annotationSpecs": [{"displayName": str(name)} for name in classes],
            "rows": [{"row": row} for row in table],
        }
    if curve := details.get("roc"):
        found["confidenceMetrics"] = [
            {"confidenceThreshold": score, "falsePositiveRate": false, "recall": true} for score, false, true in curve
        ]
    return found, None


def write_shown(shown: Mapping[str, Shown], told: ExecutorInput) -> None:
    """Writes the artifacts of a step's nodes, by their names."""
    texts = {name: text for name, (_, text) in shown.items() if text is not None}
    _write(told, {name: metadata for name, (metadata, _) in shown.items()}, texts)


def localise(uri: str) -> str:
    """Returns the path at which the launcher looks for a file that it puts into a store; a path stays."""
    for scheme, mount in MOUNTS.items():
        if uri.startswith(scheme):
            return mount + uri.removeprefix(scheme)
    return uri


def figures(record: Mapping[str, Any]) -> dict[str, float]:
    """Returns the metrics over all rows; none where the model was not evaluated."""
    details = {node["node"]: node["details"] for node in record.get("nodes", ())}
    overall = details.get("Evaluator", {}).get("overall", {})
    return {name: value for name, value in overall.items() if math.isfinite(value)}


def render(record: Mapping[str, Any]) -> str:
    """Returns the page: how the run ended and why, its nodes, and what is in service; or why none was due."""
    page, decision = html_report.template("summary.html"), record.get("decision")
    if record["run"] is None and decision:
        return page.render(record=record, headline=decision["text"], decision=decision)
    return page.render(
        record=record,
        decision=decision,
        headline=console.headline(record).plain,
        duration=html_report.last(record["started"], record["ended"]),
        states={state: drawn.plain for state, drawn in console.STATES.items()},
        metrics=figures(record),
        beside=console.compare(record),
    )


def _write(told: ExecutorInput, metadata: Mapping[str, Mapping[str, Any]], texts: Mapping[str, str]) -> None:
    """Writes the text of each artifact that was asked for, and what is known of all of them."""
    artifacts = {}
    for name, artifact in told.artifacts.items():
        known = {key: artifact[key] for key in ("name", "uri") if key in artifact}
        if name in metadata:
            known["metadata"] = {**artifact.get("metadata", {}), **metadata[name]}
        artifacts[name] = {"artifacts": [known]}
        if name in texts:
            _put(Path(localise(artifact["uri"])), texts[name])
    _put(told.file, json.dumps({"artifacts": artifacts}))


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
