"""YAML 1.2 as plain data that remembers the line of every value."""

import os
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from configs.errors import ConfigError

Keys = tuple[Hashable, ...]

_KIND = "tag:yaml.org,2002:"
_DEEPEST = 32
_QUOTES = "Write the value out; text that begins with * wants quotes."
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass
class Document:
    """Plain data, and the place of each value in it: a file's name and line, or a name alone (line 0).

    `variables` are the values in which `${VAR}` was written, each with one that is not set, or None.
    """

    data: Any = None
    places: dict[Keys, tuple[str, int]] = field(default_factory=dict)
    variables: dict[Keys, str | None] = field(default_factory=dict)

    def place(self, keys: Keys) -> tuple[str, int]:
        """The place of a value, or that of the section which should hold it."""
        known = (self.places[keys[:end]] for end in range(len(keys), -1, -1) if keys[:end] in self.places)
        return next(known, ("", 0))

    def where(self, keys: Keys) -> str:
        """The same place in words: `file:line:key`, or a name alone where that says it all."""
        name, line = self.place(keys)
        if line:
            return f"{name}:{line}:{name_key(keys)}".rstrip(":")
        return name if keys in self.places else f"{name}:{name_key(keys)}"


def name_key(keys: Keys) -> str:
    """Keys as a user writes them: `training.optimizer`."""
    return ".".join(str(key) for key in keys)


def absence(variable: str, where: str) -> ConfigError:
    """The error of an environment variable that is not set."""
    return ConfigError(
        f"the environment has no variable '{variable}'", where, f"Set {variable}, or write the value itself."
    )


def parse(text: str, name: str, lenient: bool = False) -> Document:
    """Read one YAML document of plain values: no aliases, no tags of one's own, no duplicate keys.

    `${VAR}` in a value becomes the environment variable's text; a ConfigError names what is wrong, and its place.
    Where that is lenient, one that is not set becomes `$VAR`.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        _refuse_bombs(text, name)
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        remedy = _remedy(error.context or "", text.splitlines()[mark.line] if mark else "")
        raise ConfigError(f"not valid YAML: {error.problem or error.context}", where, remedy) from None
    except YAMLError as error:
        raise ConfigError(f"not valid YAML: {' '.join(str(error).split())}", name) from None
    document = Document(places={(): (name, 1)})
    if node is not None:
        document.data = _Reader(yaml, document, lenient).read_node(node, ())
    return document


def _remedy(context: str, line: str) -> str:
    if context == "while scanning an alias":
        return _QUOTES
    braced = re.search(r"\$\{[^}]*\}|\{SPAN[^}]*\}", line)
    return f"Between braces or brackets YAML cannot read {braced[0]}: write one key a line." if braced else ""


def _refuse_bombs(text: str, name: str) -> None:
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        where = f"{name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
        if isinstance(event, AliasEvent):
            raise ConfigError(f"the alias '*{event.anchor}' is not allowed", where, _QUOTES)
        if depth > _DEEPEST:
            raise ConfigError(f"nested more than {_DEEPEST} levels deep", where)


class _Reader:
    def __init__(self, yaml: YAML, document: Document, lenient: bool) -> None:
        self.yaml, self.document, self.lenient = yaml, document, lenient

    def read_node(self, node: Node, keys: Keys) -> object:
        if isinstance(node, MappingNode) and node.tag == f"{_KIND}map":
            return self._read_mapping(node, keys)
        if isinstance(node, SequenceNode) and node.tag == f"{_KIND}seq":
            return [self._read_at(item, item, (*keys, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._read_scalar(node, keys)
        raise self._refuse_tag(node, keys)

    def _read_mapping(self, node: MappingNode, keys: Keys) -> dict[str, Any]:
        mapping: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ConfigError("a key must be a word", self._where(key, keys))
            if key.value in mapping:
                first = self.document.place((*keys, key.value))[1]
                raise ConfigError(
                    f"key '{key.value}' is given twice, first in line {first}",
                    self._where(key, (*keys, key.value)),
                    "Keep one of them.",
                )
            mapping[key.value] = self._read_at(key, value, (*keys, key.value))
        return mapping

    def _read_at(self, start: Node, node: Node, keys: Keys) -> object:
        self.document.places[keys] = (self.document.places[()][0], start.start_mark.line + 1)
        return self.read_node(node, keys)

    def _read_scalar(self, node: ScalarNode, keys: Keys) -> object:
        text = _VARIABLE.sub(lambda match: self._look_up(match[1], keys), node.value)
        if text != node.value and node.style is None:
            node.tag = self.yaml.resolver.resolve(ScalarNode, text, (True, False))
        node.value = text
        if node.tag in (f"{_KIND}str", f"{_KIND}timestamp"):
            return text
        if node.tag not in (f"{_KIND}int", f"{_KIND}float", f"{_KIND}bool", f"{_KIND}null"):
            raise self._refuse_tag(node, keys)
        try:
            return self.yaml.constructor.construct_object(node)
        except (ValueError, KeyError):
            kind = str(node.tag).removeprefix(_KIND)
            raise ConfigError(f"'{text[:60]}' is no {kind}", self.document.where(keys)) from None

    def _look_up(self, variable: str, keys: Keys) -> str:
        if variable in os.environ:
            self.document.variables.setdefault(keys, None)
            return os.environ[variable]
        if not self.lenient:
            raise absence(variable, self.document.where(keys))
        self.document.variables[keys] = variable
        return f"${variable}"  # braces mean something in a path

    def _refuse_tag(self, node: Node, keys: Keys) -> ConfigError:
        tag = str(node.tag).replace(_KIND, "!!")
        return ConfigError(f"the tag '{tag}' is not allowed", self._where(node, keys), "Write a plain value.")

    def _where(self, node: Node, keys: Keys) -> str:
        return f"{self.document.places[()][0]}:{node.start_mark.line + 1}:{name_key(keys)}".rstrip(":")
