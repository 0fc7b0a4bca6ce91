"""The month as a page of the docs, with its picture."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.reporting.charts import chart
from tests.month.diary import Entry
from tests.month.story import BAR, DRIFT, YAML

PAGE, PICTURE = "a-month.md", "images/a-month.svg"
ENDS = {0: "nothing new", 3: "refused by the gate", 4: "not blessed"}


def write_page(folder: Path, diary: Sequence[Entry]) -> None:
    """Writes the page and its picture into the folder of the docs."""
    for name, text in ((PAGE, _render("a-month.md.jinja", yaml=YAML, lines=list_lines(diary))), (PICTURE, draw(diary))):
        (folder / name).write_text(text, encoding="utf-8")


def draw(diary: Sequence[Entry]) -> str:
    """Returns the picture as SVG: what came, how far it had moved, who was told, and how well what was served told."""
    days = [str(entry.day) for entry in diary]
    panels = [
        chart(("day", "farthest drift"), days, {"drift": [entry.drift for entry in diary]}, line=DRIFT),
        chart(("day", "AUC served"), days, {"AUC": [entry.auc for entry in diary]}, line=BAR),
    ]
    return _render("a-month.svg.jinja", diary=diary, panels=panels, most=max(entry.came for entry in diary))


def list_lines(diary: Sequence[Entry]) -> list[dict[str, Any]]:
    """Returns the lines of the table: one a day, and one for days on end on which nothing happened."""
    lines = []
    for quiet, found in groupby(diary, key=lambda entry: not (entry.what or entry.runs)):
        entries = list(found)
        if quiet:
            lines.append({"days": _tell_days(entries), "entry": entries[-1], "deeds": tell_deeds(entries[-1])})
        else:
            lines += [{"days": _tell_days([entry]), "entry": entry, "deeds": tell_deeds(entry)} for entry in entries]
    return lines


def tell_deeds(entry: Entry) -> list[str]:
    """Returns what became of a day: what a person put into service, why runs began and how they ended, or why none."""
    deeds = [f"version {line['of']} again, as **version {line['number']}**" for line in entry.versions if line["of"]]
    for record in entry.runs:
        why = record["decision"]["text"].removeprefix("due: ") if record["decision"] else "by hand"
        why = re.sub(r"^run \S+", "the run", re.sub(r"^\S+ asks", "a person asks", why.partition(";")[0]))
        published = record["published"]
        deeds.append(f"{why}: {f'**version {published}**' if published else ENDS.get(record['exit_code'], 'failed')}")
    return deeds or [entry.said.partition(",")[0]]


def _tell_days(entries: Sequence[Entry]) -> str:
    first, last = entries[0].day, entries[-1].day
    return str(first) if first == last else f"{first} to {last}"


def _render(template: str, **values: Any) -> str:
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    known = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return known.get_template(template).render(**values)
