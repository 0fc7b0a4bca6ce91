"""Draws the screen of a config's newest run: `python -m pipelines.reporting.screenshot CONFIG OUT.svg`."""

import io
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.terminal_theme import MONOKAI

from configs.loading.loader import load
from pipelines.reporting.console import Screen, conclude, open_console
from pipelines.runs.directory import find_record


def draw(record: Mapping[str, Any], config_path: str) -> str:
    """Returns the picture of a run as an SVG, which asks the network for nothing."""
    console = open_console(record=True, width=104, file=io.StringIO(), force_terminal=True)
    screen = Screen(console, [node["node"] for node in record["nodes"]])
    for node in record["nodes"]:
        screen.watch({"outcome": node})
    console.print(screen.table(), conclude(record, config_path), "")
    drawn = console.export_svg(title=f"millrace run {config_path}", theme=MONOKAI, unique_id="millrace")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


def main(arguments: Sequence[str]) -> None:
    """Draws the newest run of a config into a file."""
    config_path, target = arguments
    Path(target).write_text(draw(find_record(load(config_path).home), config_path), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
