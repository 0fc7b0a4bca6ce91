"""What a step of a cluster tells a program that follows its run from elsewhere: one line of its log.

Of a step that failed a service tells no more than that it has, and its outputs are dropped; its log is kept.
"""

import json
from collections.abc import Mapping
from typing import Any

MARK = "millrace tells: "


def tell(data: Mapping[str, Any]) -> str:
    """Returns the line for plain data."""
    return f"{MARK}{json.dumps(data)}"


def read(log: str) -> dict[str, Any]:
    """Returns what a log tells by its first line of that kind; nothing where it has none.

    What comes after it may quote a cell of somebody's data, which could look like another.
    """
    for line in log.splitlines():
        if line.startswith(MARK):
            try:
                data = json.loads(line.removeprefix(MARK))
            except ValueError:  # cut off
                return {}
            return data if isinstance(data, dict) else {}
    return {}
