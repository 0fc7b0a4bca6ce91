"""YAML 1.2 as plain data that remembers the line of every value."""

import os
import re
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from configs.errors import ConfigError

Keys = tuple[Hashable, ...]

_KIND = "tag:yaml.org,2002:"
DEEPEST = 32
_LONGEST = 60  # characters of a key in a message
_WIDEST = 64  # bits of a whole number
_QUOTES = "Write the value out; text that begins with * wants quotes."
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_UNFIT = re.compile("[\0\ud800-\udfff]")


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
    """Keys as a user writes them, `training.optimizer`, each cut where it is no key but a text."""
    return ".".join(cut(str(key), _LONGEST) for key in keys)


def cut(text: str, longest: int) -> str:
    """Returns a text as a message may hold it."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


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
    with _explained(text, name):
        _refuse_bombs(text, name)
        node = yaml.compose(text)
    document = Document(places={(): (name, 1)})
    if node is not None:
        document.data = _Reader(yaml, document, lenient).read_node(node, ())
    return document


@contextmanager
def _explained(text: str, name: str) -> Iterator[None]:
    """Turns whatever the library says of the text into a ConfigError with the line."""
    try:
        yield
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{name}:1"
        lines = text.split("\n")
        remedy = _remedy(error.context or "", lines[mark.line] if mark and mark.line < len(lines) else "")
        raise ConfigError(f"not valid YAML: {error.problem or error.context}", where, remedy) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"not valid YAML: it holds the character {ascii(text[error.position])}, which is not to be printed"
        raise ConfigError(what, f"{name}:{line}", "Take it out, or write it as an escape in double quotes.") from None


def _remedy(context: str, line: str) -> str:
    if context == "while scanning an alias":
        return _QUOTES
    braced = re.search(r"\$\{[^}]*\}|\{(?:SPAN|VERSION|YYYY|MM|DD|HH)[^}]*\}", line)
    return f"Between braces or brackets YAML cannot read {braced[0]}: write one key a line." if braced else ""


def _refuse_bombs(text: str, name: str) -> None:
    depth, line = 0, 1
    events = YAML(typ="safe", pure=True).parse(text)
    while True:
        try:
            event = next(events, None)
        except (ValueError, ArithmeticError, LookupError) as error:  # an escape of no character, and the like
            raise ConfigError(f"not valid YAML: {error}", f"{name}:{line}") from None
        if event is None:
            return
        line = event.end_mark.line + 1
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        where = f"{name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
        if isinstance(event, AliasEvent):
            raise ConfigError(f"the alias '*{event.anchor}' is not allowed", where, _QUOTES)
        if depth > DEEPEST:
            raise ConfigError(f"nested more than {DEEPEST} levels deep", where)


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
            self._require_text(key.value, keys)
            if key.value in mapping:
                first = self.document.place((*keys, key.value))[1]
                raise ConfigError(
                    f"key '{cut(key.value, _LONGEST)}' is given twice, first in line {first}",
                    self._where(key, (*keys, key.value)),
                    "Keep one of them.",
                )
            mapping[key.value] = self._read_at(key, value, (*keys, key.value))
        return mapping

    def _read_at(self, start: Node, node: Node, keys: Keys) -> object:
        self.document.places[keys] = (self.document.places[()][0], start.start_mark.line + 1)
        return self.read_node(node, keys)

    def _read_scalar(self, node: ScalarNode, keys: Keys) -> object:
        self._require_text(node.value, keys)
        text = _VARIABLE.sub(lambda match: self._look_up(match[1], keys), node.value)
        self._require_text(text, keys)
        if text != node.value and node.style is None:
            node.tag = self.yaml.resolver.resolve(ScalarNode, text, (True, False))
        node.value = text
        if node.tag in (f"{_KIND}str", f"{_KIND}timestamp"):
            return text
        if node.tag not in (f"{_KIND}int", f"{_KIND}float", f"{_KIND}bool", f"{_KIND}null"):
            raise self._refuse_tag(node, keys)
        try:
            value = self.yaml.constructor.construct_object(node)
        except (ValueError, LookupError, ArithmeticError):
            kind = str(node.tag).removeprefix(_KIND)
            raise ConfigError(f"'{cut(text, _LONGEST)}' is no {kind}", self.document.where(keys)) from None
        if isinstance(value, int) and value.bit_length() > _WIDEST:
            raise ConfigError(f"'{cut(text, _LONGEST)}' has more than {_WIDEST} bits", self.document.where(keys))
        return value

    def _require_text(self, text: str, keys: Keys) -> None:
        """Raises ConfigError for what no file can hold or no path be called: half a character, and NUL."""
        found = _UNFIT.search(text)
        if found:
            raise ConfigError(f"holds {ascii(found[0])}, which is no text", self.document.where(keys), "Take it out.")

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
