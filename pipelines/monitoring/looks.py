"""The looks that were taken, one a line."""

from collections.abc import Mapping
from typing import Any

from components.registry.line_file import add_line, read_lines
from configs.home import Home


def keep_look(home: Home, look: Mapping[str, Any]) -> None:
    """Adds a look to those of a pipeline."""
    add_line(home.looks, look)


def read_looks(home: Home) -> list[dict[str, Any]]:
    """Returns the looks at a pipeline, the oldest first; raises MillraceError for a line that cannot be read."""
    return read_lines(home.looks)
