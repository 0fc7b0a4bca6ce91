"""A run in MLflow as well: parameters, metrics by epoch, tags, files and the version, by the server's REST API.

What is sent is what the run's folder holds; nothing of it needs MLflow's own package.
Source: MLflow's REST API 2.0, https://mlflow.org/docs/latest/api_reference/rest-api.html.
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from configs.errors import MillraceError
from configs.schema.config import Config
from pipelines.runs.run import Run

PARAMETERS = ("data", "label", "model", "training", "tuning", "evaluation", "gate")  # sections that are parameters
RUN = "millrace.run"  # the tag by which a run is found again
LONGEST = 500  # characters of a parameter that every release takes
MOST_PARAMETERS, MOST_METRICS = 100, 1000  # of one request
REMEDY = "See that tracking.mlflow is right, and the login in the environment."
PATIENCE = 10.0  # seconds for an answer
EXISTS, ABSENT = "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"


class Refused(MillraceError):
    """An answer of the server's that is an error, or none at all; `details` have its own word for it as `code`."""


class Server:
    """An MLflow tracking server."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url.rstrip("/"), requests.Session()
        if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
            self.session.headers["Authorization"] = f"Bearer {token}"
        elif user := os.environ.get("MLFLOW_TRACKING_USERNAME"):
            self.session.auth = (user, os.environ.get("MLFLOW_TRACKING_PASSWORD", ""))

    def ask(self, method: str, what: str, **sent: Any) -> dict[str, Any]:
        """Returns the answer to a call; raises MillraceError where there is none, Refused where it is an error."""
        return dict(self._send(method, f"api/2.0/mlflow/{what}", **sent).json())

    def put(self, place: str, file: Path) -> None:
        """Uploads a file to a place among the artifacts that the server keeps; raises as `ask` does."""
        with file.open("rb") as content:
            self._send("PUT", f"api/2.0/mlflow-artifacts/artifacts/{place}", data=content)

    def _send(self, method: str, path: str, **sent: Any) -> requests.Response:
        try:
            response = self.session.request(method, f"{self.url}/{path}", timeout=PATIENCE, **sent)
        except requests.RequestException as error:
            raise Refused(f"MLflow does not answer: {type(error).__name__}.", self.url, REMEDY) from error
        if not response.ok:
            what = f"MLflow refused {path}: {response.status_code} {response.text[:200]}"
            raise Refused(what, self.url, REMEDY, {"code": _code(response)})
        return response


def _code(response: requests.Response) -> str:
    try:
        return str(response.json().get("error_code", ""))
    except ValueError:
        return ""


def track(config: Config, run: Run, record: Mapping[str, Any]) -> str:
    """Sends a run that has ended to the server of `tracking.mlflow`, and returns MLflow's id of it.

    Again is safe: one that was sent before is written over. Raises MillraceError where the server does not take it.
    """
    server = Server(str(config.tracking.mlflow))
    experiment = find_experiment(server, config.tracking.experiment or config.name)
    told = find_run(server, experiment, run.id) or begin(server, experiment, record)
    ended = moment(record["ended"])
    for parameters in batch(list_parameters(config).items(), MOST_PARAMETERS):
        log(server, told, params=[{"key": key, "value": value} for key, value in parameters])
    for metrics in batch(list_metrics(record, ended), MOST_METRICS):
        log(server, told, metrics=metrics)
    log(server, told, tags=[{"key": key, "value": value} for key, value in list_tags(record).items()])
    place = str(told["info"]["artifact_uri"])
    if place.startswith("mlflow-artifacts:"):
        for file in filter(Path.exists, (run.report, run.figures, run.card, run.config, run.record)):
            server.put(f"{place.partition(':')[2].lstrip('/')}/{file.name}", file)
    if record["published"]:
        register(server, config.name, record, told)
    status = "FINISHED" if record["exit_code"] == 0 else "FAILED"
    server.ask("POST", "runs/update", json={"run_id": told["info"]["run_id"], "status": status, "end_time": ended})
    return str(told["info"]["run_id"])


def find_experiment(server: Server, name: str) -> str:
    """Returns the id of an experiment, which is made where there is none."""
    try:
        found = server.ask("GET", "experiments/get-by-name", params={"experiment_name": name})
        return str(found["experiment"]["experiment_id"])
    except Refused as error:
        if error.details.get("code") != ABSENT:
            raise
    return str(server.ask("POST", "experiments/create", json={"name": name})["experiment_id"])


def find_run(server: Server, experiment: str, run_id: str) -> dict[str, Any] | None:
    """Returns the run that was sent before, if it was."""
    asked = {"experiment_ids": [experiment], "filter": f"tags.`{RUN}` = '{run_id}'", "max_results": 1}
    return next(iter(server.ask("POST", "runs/search", json=asked).get("runs", [])), None)


def begin(server: Server, experiment: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Makes a run."""
    told = {
        "experiment_id": experiment,
        "run_name": record["run"],
        "start_time": moment(record["started"]),
        "tags": [{"key": RUN, "value": record["run"]}],
    }
    return dict(server.ask("POST", "runs/create", json=told)["run"])


def log(server: Server, told: Mapping[str, Any], **kinds: Sequence[Mapping[str, Any]]) -> None:
    """Adds parameters, metrics or tags to a run."""
    server.ask("POST", "runs/log-batch", json={"run_id": told["info"]["run_id"], **kinds})


def register(server: Server, name: str, record: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Registers the version that a run published, once; its model stays where it is served from, as a tag says."""
    run_id, number = told["info"]["run_id"], str(record["published"])
    try:
        server.ask("POST", "registered-models/create", json={"name": name})
    except Refused as error:
        if error.details.get("code") != EXISTS:
            raise
    known = server.ask("GET", "model-versions/search", params={"filter": f"run_id = '{run_id}'"})
    if known.get("model_versions"):
        return
    tags = {"millrace.version": number, "millrace.model": f"{record['serving']}/{number}"}
    server.ask(
        "POST",
        "model-versions/create",
        json={
            "name": name,
            "source": told["info"]["artifact_uri"],
            "run_id": run_id,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        },
    )


def list_parameters(config: Config) -> dict[str, str]:
    """Returns the keys of the config that decide about a model, dotted, each as a text."""
    sections = config.model_dump(mode="json", include=set(PARAMETERS))
    return {key: str(value)[:LONGEST] for key, value in _flatten(sections)}


def _flatten(found: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(found, Mapping):
        if found is not None:
            yield key, found
        return
    for name, value in found.items():
        yield from _flatten(value, f"{key}.{name}" if key else name)


def list_metrics(record: Mapping[str, Any], ended: int) -> list[dict[str, Any]]:
    """Returns the metrics by epoch, those over all rows that judged, and what each node took, in seconds."""
    details = {node["node"]: node["details"] for node in record["nodes"]}
    history = details.get("Trainer", {}).get("history", {})
    curves = [(name, value, step) for name, values in history.items() for step, value in enumerate(values, 1)]
    judged = [(f"test_{name}", value, 0) for name, value in details.get("Evaluator", {}).get("overall", {}).items()]
    costs = [(f"seconds_{node['node']}", node["seconds"], 0) for node in record["nodes"]]
    return [
        {"key": key, "value": value, "timestamp": ended, "step": step}
        for key, value, step in (*curves, *judged, *costs)
        if math.isfinite(value)
    ]


def list_tags(record: Mapping[str, Any]) -> dict[str, str]:
    """Returns what a run is found by beside its figures."""
    known = {"exit_code": record["exit_code"], "published": record["published"], "folder": record["folder"]}
    made_of = {f"digest.{part}": digest for part, digest in record.get("made_of", {}).items()}
    return {f"millrace.{key}": str(value) for key, value in (known | made_of).items() if value is not None}


def moment(told: str) -> int:
    """Returns a moment in ISO 8601 as MLflow counts it, in milliseconds since 1970."""
    return round(datetime.fromisoformat(told).timestamp() * 1000)


def batch(items: Any, size: int) -> Iterator[list[Any]]:
    """Yields the items in lists of at most so many."""
    left = iter(items)
    while taken := list(islice(left, size)):
        yield taken
