"""Every value of every choice in the schema, and which of them a config takes."""

from collections.abc import Iterator, Mapping
from typing import Any

from configs.schema.config import Config

BY_NAME = (
    "features",
    "space",
    "nodes",
    "resources",
    "options",
    "encoders",
    "columns",
)  # sections whose keys are a user's own


def list_choices() -> set[tuple[str, Any]]:
    """Returns each value that a key may have, where it has a few: the key as training.optimizer.name, and the value."""
    schema = Config.model_json_schema()
    return set(_walk(schema, schema, (), ()))


def list_taken(config: Config) -> set[tuple[str, Any]]:
    """Returns the values that a config has at all its keys."""
    return set(_flatten(config.model_dump(mode="json"), ()))


def _walk(
    schema: Mapping[str, Any], node: Mapping[str, Any], keys: tuple[str, ...], seen: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from _walk(schema, schema["$defs"][name], keys, (*seen, name))
        return
    for value in node.get("enum", [node["const"]] if "const" in node else []):
        yield ".".join(keys), value
    inner = [(key, keys) for union in ("anyOf", "oneOf", "allOf") for key in node.get(union, ())]
    inner += [(child, (*keys, key)) for key, child in node.get("properties", {}).items()]
    inner += [(node[part], (*keys, sign)) for part, sign in PARTS.items() if isinstance(node.get(part), dict)]
    for child, place in inner:
        yield from _walk(schema, child, place, seen)


def _flatten(data: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _flatten(value, (*keys, "*" if keys and keys[-1] in BY_NAME else key))
    elif isinstance(data, list):
        for value in data:
            yield from _flatten(value, (*keys, "[]"))
    else:
        yield ".".join(keys), data


PARTS = {"additionalProperties": "*", "items": "[]"}
