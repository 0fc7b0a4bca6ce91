"""TensorFlow Serving's REST API: status, metadata and predictions of one model."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pipelines.serving.json_tensor import Refusal, parse, read_request, render
from pipelines.serving.model_manager import Loaded, Models
from trainer.export.signatures import SERVING

PLACE = r"(?i)/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
PREDICTION = re.compile(PLACE + r":(?P<verb>classify|regress|predict)")
STATE = re.compile(PLACE + r"(?P<metadata>/metadata)?")
JSON = "application/json"


class Application:
    """Answers requests as WSGI hands them over."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def __call__(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        status, answer = HTTPStatus.OK, {}
        try:
            answer = self.answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["wsgi.input"].read)
        except Refusal as error:
            status, answer = HTTPStatus(error.status), {"error": str(error)}
        body = json.dumps(answer, ensure_ascii=False).encode() + b"\n"
        start(f"{status.value} {status.phrase}", [("Content-Type", JSON), ("Content-Length", str(len(body)))])
        return [body]

    def answer(self, method: str, path: str, read_body: Callable[[], bytes]) -> dict[str, Any]:
        """Returns what is to be said to a request; raises Refusal."""
        if method == "POST" and (found := PREDICTION.fullmatch(path)):
            version = self.choose(found)
            if (verb := found["verb"].lower()) != "predict":
                kind = {"classify": "classification", "regress": "regression"}[verb]
                what = f"Expected {kind} signature method_name to be tensorflow/serving/{verb}."
                raise Refusal(f"{what} Was: tensorflow/serving/predict")
            return predict(version, read_request(read_body()))
        if method == "GET" and (found := STATE.fullmatch(path)):
            return self.describe(self.choose(found)) if found["metadata"] else self.report(found)
        raise Refusal(f"Malformed request: {method} {path}", 400 if path.lower().startswith("/v1/") else 404)

    def choose(self, place: re.Match[str]) -> Loaded:
        """Returns the version that a request names, or the one in service; raises Refusal where it is not loaded."""
        current = self.models.current
        if place["label"]:
            raise Refusal(f"Unrecognized servable version label: {place['label']}")
        if place["model"] != self.models.name or place["version"] not in (None, str(current.number)):
            asked = (
                f"Specific({place['model']}, {place['version']})" if place["version"] else f"Latest({place['model']})"
            )
            raise Refusal(f"Servable not found for request: {asked}", 404)
        return current

    def describe(self, version: Loaded) -> dict[str, Any]:
        """Returns the signatures of a version."""
        described = {name: signature.describe() for name, signature in sorted(version.signatures.items())}
        spec = {"name": self.models.name, "signature_name": "", "version": str(version.number)}
        return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": described}}}

    def report(self, place: re.Match[str]) -> dict[str, Any]:
        """Returns the state of the version that a request names, or of all, the newest first."""
        if place["label"]:
            raise Refusal(f"Unrecognized servable version label: {place['label']}")
        if place["model"] != self.models.name:
            what = f"version {place['version']}" if place["version"] else "any versions"
            raise Refusal(f"Could not find {what} of model {place['model']}", 404)
        states = dict(self.models.states)
        numbers = sorted(states, reverse=True) if place["version"] is None else [int(place["version"])]
        if numbers[0] not in states:
            raise Refusal(f"Could not find version {numbers[0]} of model {place['model']}", 404)
        return {"model_version_status": [_describe_state(number, *states[number]) for number in numbers]}


def predict(version: Loaded, request: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a version's answer to a request."""
    name = request.get("signature_name", "")
    if not isinstance(name, str):
        raise Refusal("'signature_name' key must be a string value.")
    signature = version.signatures.get(name or SERVING)
    if signature is None:
        raise Refusal(f'Serving signature name: "{name or SERVING}" not found in signature def')
    return render(signature.ask(parse(request, signature.types)), "instances" in request)


def _describe_state(number: int, state: str, error: str) -> dict[str, Any]:
    status = {"error_code": "UNKNOWN" if error else "OK", "error_message": error}
    return {"version": str(number), "state": state, "status": status}
