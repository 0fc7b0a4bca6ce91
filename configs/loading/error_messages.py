"""What is wrong with a configuration, in words a user can act on."""

import difflib
import json
import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from configs.errors import ConfigError
from configs.loading.yaml_document import Document, Keys, cut, name_key

_LONGEST, _LINES = 60, 1000  # characters of a user's value, and of what a check says
_MOST = 20  # mistakes that are told beside the first
_SECTION = "a section of keys and values"
_EXPECTED = {
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
    "dict_type": _SECTION,
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
}
_EMPTY = {"string_too_short": "may not be empty", "too_short": "needs at least one entry"}
_PLURALS = {"family": "families"}


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> ConfigError:
    """Turn pydantic's errors into one: the first by line, each other in a line of its own."""
    schema = _describe_keys(model)
    located = [(*_locate(schema, detail), detail) for detail in error.errors(include_url=False)]
    located.sort(key=lambda item: document.place(item[0])[1])
    first, *others = [
        _describe(keys, [(known, detail) for _, known, detail in group], document.where(keys))
        for keys, group in groupby(located, key=lambda item: item[0])
    ]
    if not others:
        return first
    lines = [str(ConfigError(first.what, remedy=first.remedy)), *map(str, others[:_MOST])]
    lines += [f"And {len(others) - _MOST} mistakes more."] if len(others) > _MOST else []
    return ConfigError("\n".join(lines), first.where)


@cache
def _describe_keys(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def suggest(word: object, known: Iterable[str]) -> str:
    """Ask whether the nearest of the known words was meant; an empty text if none is near."""
    nearest = difflib.get_close_matches(cut(str(word), _LONGEST), list(known), 1)
    return f"Did you mean '{nearest[0]}'?" if nearest else ""


def _locate(schema: dict[str, Any], detail: ErrorDetails) -> tuple[Keys, list[str]]:
    """The keys a user wrote (pydantic adds the members of unions), and the words that are known there."""
    keys: Keys = ()
    node = schema
    for part in detail["loc"]:
        rest = node.get("additionalProperties")
        if part == node.get("title") and part not in node.get("properties", {}):  # a section among other choices
            continue
        if part in node.get("discriminator", {}).get("mapping", {}):
            node = _resolve(schema, {"$ref": node["discriminator"]["mapping"][part]})
            continue
        if part in node.get("properties", {}):
            child = node["properties"][part]
        elif isinstance(part, int) and "items" in node:
            child = node["items"]
        elif isinstance(rest, dict):
            child = rest
        else:
            break
        keys, node = (*keys, part), _resolve(schema, child)
    if detail["type"] == "extra_forbidden":
        return (*keys, detail["loc"][-1]), list(node["properties"])
    if detail["type"].startswith("union_tag"):
        return (*keys, node["discriminator"]["propertyName"]), sorted(node["discriminator"]["mapping"])
    return keys, re.findall(r"'([^']*)'", detail.get("ctx", {}).get("expected", ""))


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "anyOf" in node:
        node = next((option for option in node["anyOf"] if option.get("type") != "null"), node)
    if "$ref" in node:
        return schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _describe(keys: Keys, found: list[tuple[list[str], ErrorDetails]], where: str) -> ConfigError:
    known, detail = found[0]
    given, last = detail["input"], cut(str(keys[-1]), _LONGEST) if keys else ""
    kind = "extra_forbidden" if "[key]" in detail["loc"] and known else detail["type"]
    nearest, listed = suggest(last, known), f"Known {_PLURALS.get(last, f'{last}s')}: {', '.join(known)}."
    match kind:
        case "extra_forbidden":
            return ConfigError(f"unknown key '{last}'", where, nearest or f"Known keys: {', '.join(known)}.")
        case "missing":
            return ConfigError(f"missing key '{last}'", where, f"Add '{last}' to {name_key(keys[:-1]) or 'the file'}.")
        case "union_tag_not_found":
            return ConfigError(f"missing key '{last}'", where, listed)
        case "union_tag_invalid":
            tag = cut(str(detail["ctx"]["tag"]), _LONGEST)
            return ConfigError(f"unknown {last} '{tag}'", where, f"{listed} {suggest(tag, known)}".rstrip())
        case "value_error":
            return ConfigError(cut(str(detail["ctx"]["error"]), _LINES), where)
        case "string_too_short" | "too_short":
            return ConfigError(_EMPTY[kind], where)
    expected = [
        _EXPECTED.get(each["type"], each["msg"].removeprefix("Input should be ").removeprefix("a valid "))
        for _, each in found
    ]
    return ConfigError(f"should be {' or '.join(expected)}, not {_show(given)}", where, suggest(given, known))


def _show(value: object) -> str:
    return cut(repr(value) if isinstance(value, str) else json.dumps(value, default=str), _LONGEST)
