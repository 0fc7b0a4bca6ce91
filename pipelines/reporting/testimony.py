"""What a step of a cluster tells a program that follows its run from elsewhere: lines of its log.

Each begins with a mark: how a node is begun and how it ended, as the local run's screen is told of it, and at last what
became of the step, by an exit code. Of a step that failed a service tells no more than that it has, and its outputs are
dropped; its log is kept.
"""

import json
from collections.abc import Mapping
from typing import Any

MARK = "millrace tells: "
ENDS = "exit_code"  # which the last of them has


def tell(data: Mapping[str, Any]) -> str:
    """Returns the line for plain data."""
    return f"{MARK}{json.dumps(data)}"


def read(log: str) -> dict[str, Any]:
    """Returns what a log tells of the step as a whole, which has an exit code; nothing where it has none."""
    told = read_all(log)
    return told[-1] if told and ENDS in told[-1] else {}


def read_all(log: str) -> list[dict[str, Any]]:
    """Returns all that a log tells, up to the step's end.

    What comes after that may quote a cell of somebody's data, which could look like another.
    """
    found: list[dict[str, Any]] = []
    for line in log.splitlines():
        if line.startswith(MARK):
            try:
                data = json.loads(line.removeprefix(MARK))
            except ValueError:  # cut off
                break
            if not isinstance(data, dict):
                break
            found.append(data)
            if ENDS in data:
                break
    return found
