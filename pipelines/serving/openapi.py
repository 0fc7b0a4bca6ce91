"""The description of the REST API for one model, as OpenAPI has it: `GET /openapi.json`."""

from collections.abc import Mapping
from typing import Any

from components.scoring.signatures import TensorInfo
from pipelines.serving.model_manager import Loaded, Signature
from trainer.export.signatures import SERVING

Schema = dict[str, Any]
TEXT: Schema = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"b64": {"type": "string", "contentEncoding": "base64"}},
            "required": ["b64"],
            "additionalProperties": False,
        },
    ]
}
CELLS: Mapping[str, Schema] = {
    "O": TEXT,
    "f": {"type": "number", "description": "NaN, which is no JSON, stands for a missing one"},
    "i": {"type": "integer"},
    "u": {"type": "integer", "minimum": 0},
    "b": {"type": "boolean"},
}
ERROR: Schema = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
OBJECT: Schema = {"type": "object"}
VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def describe(model: str, version: Loaded) -> dict[str, Any]:
    """Returns the description, of which the requests are those of the version in service."""
    one = f"/v1/models/{model}"
    numbered = one + "/versions/{version}"
    body = {"required": True, "content": _json({"anyOf": _requests(version)})}
    paths = {}
    for base, parameters in ((one, []), (numbered, [VERSION])):
        paths[f"{base}:predict"] = {"post": _operation("Predictions", OBJECT, parameters) | {"requestBody": body}}
        paths[base] = {"get": _operation("The versions and their states", OBJECT, parameters)}
        paths[f"{base}/metadata"] = {"get": _operation("The signatures", OBJECT, parameters)}
    paths["/healthz"] = {"get": _operation("Whether the process answers", OBJECT)}
    ready = _operation("Whether a version is ready for all that it may be asked, and which", OBJECT)
    ready["responses"]["503"] = {"description": "Not yet", "content": _json(ERROR)}
    paths["/readyz"] = {"get": ready}
    text = {"200": {"description": "Prometheus' text form", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    paths["/metrics"] = {"get": {"summary": "What was counted", "responses": text}}
    info = {"title": f"{model}, served by Millrace", "version": str(version.number)}
    return {"openapi": "3.1.0", "info": info, "paths": paths}


def _operation(summary: str, answer: Schema, parameters: list[Schema] | None = None) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "The answer", "content": _json(answer)}}
    for status, why in (("400", "Refused"), ("404", "Not there"), ("413", "Too long")):
        responses[status] = {"description": why, "content": _json(ERROR)}
    return {"summary": summary, "parameters": parameters or [], "responses": responses}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _requests(version: Loaded) -> list[Schema]:
    return [form for name, signature in sorted(version.signatures.items()) for form in _forms(name, signature)]


def _forms(name: str, signature: Signature) -> list[Schema]:
    """Return a request in rows and one in columns; where there is one tensor, its name may be left out."""
    inputs = signature.definition.inputs
    rows, columns = ({key: _tensor(info, skip) for key, info in inputs.items()} for skip in (1, 0))
    row, column = _object(rows), _object(columns)
    if len(inputs) == 1:
        row, column = {"anyOf": [row, *rows.values()]}, {"anyOf": [column, *columns.values()]}
    forms = []
    for key, value in (("instances", {"type": "array", "items": row, "minItems": 1}), ("inputs", column)):
        required = [key] if name == SERVING else ["signature_name", key]
        named = {"signature_name": {"const": name}, key: value}
        forms.append({"type": "object", "properties": named, "required": required})
    return forms


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _tensor(info: TensorInfo, skip: int) -> Schema:
    """Return the lists within lists that a tensor is, without its first dimensions."""
    schema = CELLS[info.type.kind]
    for size in reversed((info.shape or ())[skip:]):
        schema = {"type": "array", "items": schema} | ({"minItems": size, "maxItems": size} if size is not None else {})
    return schema
