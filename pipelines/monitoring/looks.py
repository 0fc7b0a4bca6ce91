"""The looks that were taken, one a line: lines are added and never changed."""

import json
from collections.abc import Mapping
from typing import Any

from components.registry.file_lock import hold_file
from configs.errors import MillraceError
from configs.home import Home

PATIENCE = 10.0  # seconds for another process to add its look


def keep_look(home: Home, look: Mapping[str, Any]) -> None:
    """Adds a look to those of a pipeline, in place of a last line that was cut short."""
    with hold_file(home.looks, PATIENCE) as file:
        file.seek(0)
        whole, end, _ = file.read().rpartition("\n")
        file.truncate(len(f"{whole}{end}".encode()))
        file.write(json.dumps(look) + "\n")


def read_looks(home: Home) -> list[dict[str, Any]]:
    """Returns the looks at a pipeline, the oldest first; raises MillraceError for a line that cannot be read."""
    text = home.looks.read_text() if home.looks.exists() else ""
    looks: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            looks.append(dict(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise MillraceError("This is no look.", f"{home.looks}:{number}", "Delete this line.") from error
    return looks
