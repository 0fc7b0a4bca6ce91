"""YAML as text: values as keys and comments have them, and a key added to a file that otherwise stays as it is."""

import json
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from configs.errors import ConfigError

_PLAIN = re.compile(r"[^\W\d][\w./*-]*( [\w./*()%-]+)*")
_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # what YAML takes as an escape alone
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}  # some reader takes these for no text


def spell_text(text: str) -> str:
    """Returns a text as a YAML key or value, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    if plain:
        return text
    return _UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def share(part: float, whole: float) -> str:
    """Returns a share in percent."""
    percent = 100 * part / whole
    return f"{percent:.1f} %" if percent >= 0.05 else "under 0.1 %"


def show(value: Any) -> str:
    """Returns a value as a comment may hold it: a number short, a text on one line and cut."""
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e15 else f"{value:g}"
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= 30 else f"{text[:29]}…"


def show_span(low: float, high: float) -> str:
    """Returns from where to where numbers go, with all digits where few do not tell both apart."""
    first, last = show(low), show(high)
    return f"{first} to {last}" if first != last else f"{low:,.15g} to {high:,.15g}"


def insert(text: str, section: str, key: str, value: str, name: str) -> str:
    """Returns the text of a YAML file with a key added to one of its sections; comments and layout stay.

    Raises ConfigError where the section has no place for it; `name` is the file's.
    """
    root = YAML(typ="safe", pure=True).compose(text)
    sections = {node.value: content for node, content in root.value} if isinstance(root, MappingNode) else {}
    content, entry = sections.get(section), f"{key}: {spell_text(value)}"
    if isinstance(content, MappingNode) and content.value:
        if content.flow_style:
            at = content.value[-1][1].end_mark.index
            return f"{text[:at]}, {entry}{text[at:]}"
        lines = [(before.start_mark, after.end_mark) for before, after in content.value if _is_line(after)]
        if lines:
            start, end = lines[-1]
            at = text.find("\n", end.index)
            at = len(text) if at < 0 else at
            return f"{text[:at]}\n{' ' * start.column}{entry}{text[at:]}"
    raise ConfigError(f"there is no place for the key '{key}'", f"{name}:{section}", f"Add it by hand: {entry}")


def _is_line(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.start_mark.line == node.end_mark.line
