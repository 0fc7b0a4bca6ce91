"""docs/reference.md: every key of a pipeline's YAML with its type, its default and its meaning."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from configs.reference.json_schema import describe_keys

HEAD = """# Every key of a config

`make reference` writes this page and [`configs/millrace.schema.json`](../configs/millrace.schema.json) from the
descriptions in `configs/schema/`; a test holds them to be current. A key that is **required** has to be there when its
section is; an empty default is none, or what the section's own table says. In place of a value `${NAME}` stands for
what the environment has under that name.
[An editor](your-own-data.md#an-editor-that-knows-the-keys) completes the keys and underlines mistakes.
"""
WORDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` or `false`"}
# What the names in a path stand for where a user gives them.
PLACES = {
    "features": "COLUMN",
    "evaluation.thresholds": "METRIC",
    "tuning.space": "KEY",
    "resources": "NODE",
    "beam.nodes": "NODE",
    "resources.NODE.env": "VARIABLE",
}


@dataclass(frozen=True)
class Place:
    """A section where it is first found: its keys' common path, and what its tag is, as `kind: numeric`."""

    path: str
    tag: str = ""

    @property
    def heading(self) -> str:
        """What stands above its table."""
        return " with ".join(f"`{part}`" for part in (self.path, self.tag) if part) or "The whole"

    @property
    def anchor(self) -> str:
        """The name that GitHub gives the heading."""
        return re.sub(r"[^\w\- ]", "", self.heading.lower()).replace(" ", "-")


def write_page() -> str:
    """Returns the page, in Markdown: a table for each section, in the order in which they are met."""
    schema = describe_keys()
    places: dict[str, Place] = {}
    for name, place in _find_sections(schema, schema, ""):
        places.setdefault(name, place)
    sections = {"": schema, **{name: schema["$defs"][name] for name in places}}
    tables = [_tabulate(section, places.get(name, Place("")), places) for name, section in sections.items()]
    return "\n".join([HEAD, *tables])


def _find_sections(node: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Place]]:
    """Yields the sections that a schema's keys ask for, each followed by those within it."""
    for key, child in node.get("properties", {}).items():
        yield from _find_in(child, schema, f"{path}.{key}".lstrip("."))


def _find_in(node: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Place]]:
    tags = {ref: tag for tag, ref in node.get("discriminator", {}).get("mapping", {}).items()}
    for option in (node, *node.get("anyOf", ()), *node.get("oneOf", ())):
        if ref := option.get("$ref"):
            name = ref.rpartition("/")[2]
            yield name, Place(path, f"{node['discriminator']['propertyName']}: {tags[ref]}" if tags else "")
            yield from _find_sections(schema["$defs"][name], schema, path)
        elif option is not node:
            yield from _find_in(option, schema, path)
    if isinstance(node.get("additionalProperties"), dict):
        yield from _find_in(node["additionalProperties"], schema, f"{path}.{PLACES.get(path, 'NAME')}")
    if "items" in node:
        yield from _find_in(node["items"], schema, f"{path}[]")


def _tabulate(section: Mapping[str, Any], place: Place, places: Mapping[str, Place]) -> str:
    lines = [f"## {place.heading}", "", section["description"], ""]
    keys = {name: key for name, key in section["properties"].items() if "const" not in key}  # the heading has the tag
    if keys:
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, key in keys.items():
        default = "**required**" if name in section.get("required", ()) else _show_default(key.get("default"))
        cells = (f"`{name}`", _name_type(key, places), default, key["description"])
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""] if keys else lines)


def _show_default(value: object) -> str:
    """Returns a default as a YAML has it; nothing for none, and for a section, whose table tells it."""
    if value is None or value in ([], {}) or (isinstance(value, dict) and not {"kind", "secret"} & value.keys()):
        return ""
    text = json.dumps(value) if not isinstance(value, str) else value
    return f"`{text.replace(chr(34), '')}`"


def _name_type(node: Mapping[str, Any], places: Mapping[str, Place]) -> str:
    if options := node.get("anyOf") or node.get("oneOf"):
        kinds = [_name_type(option, places) for option in options if option.get("type") != "null"]
        kinds = [kind for kind in kinds if not (kind.startswith("whole ") and kind.removeprefix("whole ") in kinds)]
        return " or ".join(sorted(kinds, key=lambda kind: kind.startswith("list")))
    if ref := node.get("$ref"):
        place = places[ref.rpartition("/")[2]]
        return f"[{place.tag.partition(': ')[2] or 'section'}](#{place.anchor})"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if node.get("type") == "array":
        return f"list of {_name_type(node['items'], places)}"
    if node.get("type") == "object":
        rest = node.get("additionalProperties", {})
        names = node.get("propertyNames", {}).get("enum")
        keys = f" of {', '.join(f'`{name}`' for name in names)}" if names else ""
        return f"by name{keys}: {_name_type(rest if isinstance(rest, dict) else {}, places)}"
    return f"{WORDS[node['type']]}{_name_range(node)}" if "type" in node else "anything"


def _name_range(node: Mapping[str, Any]) -> str:
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {node[word]}" for word, sign in words.items() if word in node]
    return f" {', '.join(bounds)}" if bounds else ""


if __name__ == "__main__":
    sys.stdout.write(write_page())
