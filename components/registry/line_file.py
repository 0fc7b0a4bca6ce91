"""Files of one JSON object a line, to which lines are added and never changed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.registry.file_lock import hold_file
from configs.errors import MillraceError

PATIENCE = 10.0  # seconds for another process to add its line


def add_line(path: Path, content: Mapping[str, Any]) -> None:
    """Add a line, in place of a last one that was cut short."""
    with hold_file(path, PATIENCE) as file:
        file.seek(0)
        whole, end, _ = file.read().rpartition("\n")
        file.truncate(len(f"{whole}{end}".encode()))
        file.write(json.dumps(content) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return what the whole lines hold, the oldest first; raises MillraceError for one that cannot be read."""
    text = path.read_text() if path.exists() else ""
    lines: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            lines.append(dict(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise MillraceError("this line cannot be read.", f"{path}:{number}", "Delete this line.") from error
    return lines
