"""The configuration as JSON Schema: an editor completes and underlines by it."""

from collections.abc import Mapping
from typing import Any

from configs.schema.config import Config

FILE = "millrace.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What the loader puts the environment's text in place of, and reads as YAML again: it may stand for any scalar.
VARIABLE = {"type": "string", "pattern": r"\$\{[^}]*\}"}
_SCALARS = {"integer", "number", "boolean", "null"}
_OF_PYTHON = {"title", "discriminator", "propertyNames"}  # names of classes, and what only OpenAPI reads


def write_schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 2020-12) of a pipeline's YAML; every key in it has a description.

    It takes whatever the loader takes. What keys must be to one another, and the form of texts, the loader alone knows.
    """
    found = describe_keys()
    return {"$schema": DIALECT, "title": "A pipeline of Millrace", **_widen(found)}


def describe_keys() -> dict[str, Any]:
    """Returns pydantic's own JSON Schema; a key without a description has the first paragraph of its section's."""
    schema = Config.model_json_schema()
    definitions = schema["$defs"]
    for section in (schema, *definitions.values()):
        for key in section["properties"].values():
            if "const" in key:
                key["description"] = _summarise(section)
            elif "description" not in key:
                key["description"] = _summarise(definitions[name_section(key)])
    return schema


def name_section(schema: Mapping[str, Any]) -> str:
    """Returns the name of the one section that a schema asks for; an empty text where it asks for anything else."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    return str(options[0].get("$ref", "")).rpartition("/")[2] if len(options) == 1 else ""


def _summarise(section: Mapping[str, Any]) -> str:
    return " ".join(str(section["description"]).partition("\n\n")[0].split())


def _widen(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a schema that takes a variable in place of each scalar, without what only pydantic reads."""
    wide = {key: value for key, value in schema.items() if key not in _OF_PYTHON}
    for key in ("properties", "$defs"):
        if key in schema:
            wide[key] = {name: _widen(value) for name, value in schema[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            wide[key] = _widen(schema[key])
    if names := schema.get("propertyNames", {}).get("enum"):  # an editor completes the keys that it finds listed
        wide |= {"properties": dict.fromkeys(names, wide["additionalProperties"]), "additionalProperties": False}
    if "oneOf" in schema:
        tag = schema["discriminator"]["propertyName"]
        wide["oneOf"] = [*schema["oneOf"], {"type": "object", "properties": {tag: VARIABLE}, "required": [tag]}]
    if "anyOf" in schema:
        options = [option if _is_scalar(option) else _widen(option) for option in schema["anyOf"]]
        wide["anyOf"] = [*options, VARIABLE] if any(map(_is_scalar, options)) else options
    elif _is_scalar(schema) and "const" not in schema:
        told: dict[str, Any] = {key: wide.pop(key) for key in ("default", "description") if key in wide}
        return {"anyOf": [wide, VARIABLE], **told}
    return wide


def _is_scalar(schema: Mapping[str, Any]) -> bool:
    """Whether it asks for something that a variable's text may be, and `VARIABLE` itself is not."""
    return schema.get("type") in _SCALARS or "enum" in schema or "const" in schema
