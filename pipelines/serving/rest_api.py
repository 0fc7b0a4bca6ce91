"""TensorFlow Serving's REST API: status, metadata and predictions of one model."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.serving import openapi
from pipelines.serving.json_tensor import Refusal, parse, read_request, render
from pipelines.serving.metrics import Metrics
from pipelines.serving.model_manager import Loaded, Models
from pipelines.serving.prediction_log import Exchange
from pipelines.serving.request_log import RequestLog
from trainer.export.signatures import SERVING

PLACE = r"(?i)/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
DIGITS, MOST = 1000, 2**63 - 1  # of a version
PREDICTION = re.compile(PLACE + r":(?P<verb>classify|regress|predict)")
STATE = re.compile(PLACE + r"(?P<metadata>/metadata)?")


class RestApi:
    """What is answered to requests; it knows nothing of HTTP but methods, paths and codes."""

    def __init__(self, models: Models, log: RequestLog | None = None) -> None:
        self.models, self.metrics, self.log = models, Metrics(models.name), log

    def answer(self, method: str, path: str, body: bytes) -> dict[str, Any] | str:
        """Returns what is to be said to a request, as JSON or as text; raises Refusal."""
        if method == "GET" and path in PAGES:
            return PAGES[path](self, self.models.current)
        if method == "POST" and (found := PREDICTION.fullmatch(path)):
            version = self.choose(found)
            if (verb := found["verb"].lower()) != "predict":
                kind = {"classify": "classification", "regress": "regression"}[verb]
                what = f"Expected {kind} signature method_name to be tensorflow/serving/{verb}."
                raise Refusal(f"{what} Was: tensorflow/serving/predict")
            return self.predict(version, body)
        if method == "GET" and (found := STATE.fullmatch(path)):
            return self.describe(self.choose(found)) if found["metadata"] else self.report(found)
        raise Refusal(f"Malformed request: {method} {path}", 400 if path.lower().startswith("/v1/") else 404)

    def choose(self, place: re.Match[str]) -> Loaded:
        """Returns the version that a request names, or the one in service; raises Refusal where it is not loaded."""
        current, number = self.models.current, read_version(place)
        if place["model"] != self.models.name or number not in (None, current.number):
            asked = f"Latest({place['model']})" if number is None else f"Specific({place['model']}, {number})"
            raise Refusal(f"Servable not found for request: {asked}", 404)
        return current

    def predict(self, version: Loaded, body: bytes) -> dict[str, Any]:
        """Returns a version's answer to a request, and hands both to the log."""
        request = read_request(body)
        name = request.get("signature_name", "")
        if not isinstance(name, str):
            raise Refusal("'signature_name' key must be a string value.")
        signature = version.signatures.get(name or SERVING)
        if signature is None:
            raise Refusal(f'Serving signature name: "{name or SERVING}" not found in signature def')
        inputs = signature.mask(parse(request, signature.types))
        started = time.perf_counter()
        outputs = signature.ask(inputs)
        rows = next((len(values) for values in inputs.values() if values.ndim), 1)
        self.metrics.add_run(rows, time.perf_counter() - started)
        answer = render(outputs, "instances" in request)
        if self.log:
            self.log.offer(Exchange(self.models.name, version.number, name or SERVING, inputs, outputs), len(body))
        return answer

    def tell_ready(self, version: Loaded) -> dict[str, Any]:
        """Returns the version that is served; raises Refusal while its first answers take long."""
        if not self.models.ready:
            raise Refusal(f"Version {version.number} is being readied", 503)
        return {"status": "ok", "version": str(version.number)}

    def count(self, version: Loaded) -> str:
        """Returns what was counted."""
        return self.metrics.render(version.number, self.log.counts if self.log else {})

    def describe(self, version: Loaded) -> dict[str, Any]:
        """Returns the signatures of a version."""
        described = {name: signature.describe() for name, signature in sorted(version.signatures.items())}
        spec = {"name": self.models.name, "signature_name": "", "version": str(version.number)}
        return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": described}}}

    def report(self, place: re.Match[str]) -> dict[str, Any]:
        """Returns the state of the version that a request names, or of all, the newest first."""
        number = read_version(place)
        if place["model"] != self.models.name:
            what = "any versions" if number is None else f"version {number}"
            raise Refusal(f"Could not find {what} of model {place['model']}", 404)
        states = dict(self.models.states)
        numbers = sorted(states, reverse=True) if number is None else [number]
        if numbers[0] not in states:
            raise Refusal(f"Could not find version {number} of model {place['model']}", 404)
        return {"model_version_status": [_describe_state(each, *states[each]) for each in numbers]}


PAGES: Mapping[str, Callable[[RestApi, Loaded], dict[str, Any] | str]] = {
    "/healthz": lambda api, version: {"status": "ok"},
    "/readyz": lambda api, version: api.tell_ready(version),
    "/metrics": lambda api, version: api.count(version),
    "/monitoring/prometheus/metrics": lambda api, version: api.count(version),  # TensorFlow Serving's
    "/openapi.json": lambda api, version: openapi.describe(api.models.name, version),
}


def read_version(place: re.Match[str]) -> int | None:
    """Returns the number of the version that a request names, if any; raises Refusal for a label."""
    if place["label"]:
        raise Refusal(f"Unrecognized servable version label: {place['label']}")
    digits = place["version"]
    if digits and (len(digits) > DIGITS or int(digits) > MOST):
        raise Refusal(f"Failed to convert version: {digits} to numeric")
    return int(digits) if digits else None


def _describe_state(number: int, state: str, error: str) -> dict[str, Any]:
    status = {"error_code": "UNKNOWN" if error else "OK", "error_message": error}
    return {"version": str(number), "state": state, "status": status}
