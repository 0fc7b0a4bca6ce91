"""All pipelines of a workspace on one page: what is in service, and how metric, rows and time went from run to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from components.registry.versions import intact
from configs.errors import ConfigError, MillraceError
from configs.home import TRACES, Home
from configs.schema.evaluation import MAIN
from pipelines.reporting import console, html_report
from pipelines.reporting.charts import Chart, Values, chart
from pipelines.runs.directory import read_records
from pipelines.runs.run import Run

PAGE = "index.html"
SHOWN = 50  # runs of a pipeline, the newest


@dataclass(frozen=True)
class Line:
    """One run: when it ended and how, and where its page lies, from the index on."""

    run: str
    ended: str
    headline: str
    failed: bool
    figure: float | None
    rows: int | None
    seconds: float
    page: str | None


@dataclass(frozen=True)
class Entry:
    """One pipeline: what is in service, its runs, the newest first, and their trends; `error` where none is read."""

    name: str
    version: int | None
    metric: str
    lines: Sequence[Line]
    trends: Sequence[Chart]
    error: str = ""


def write_index(workspace: Path) -> Path:
    """Writes the page into a workspace and returns where; raises ConfigError where no pipeline has worked in it."""
    homes = list_homes(workspace)
    if not homes:
        raise ConfigError("no pipeline has worked here yet", str(workspace), "Run one: millrace run CONFIG")
    page = workspace / PAGE
    page.write_text(render([read_entry(home, workspace) for home in homes]), encoding="utf-8")
    return page


def list_homes(workspace: Path) -> list[Home]:
    """Returns the homes of the pipelines in a workspace, by name."""
    folders = sorted(workspace.iterdir()) if workspace.is_dir() else []
    return [Home(folder) for folder in folders if any((folder / trace).exists() for trace in TRACES)]


def render(entries: Sequence[Entry]) -> str:
    """Returns the page."""
    return html_report.template("run_index.html").render(entries=entries)


def read_entry(home: Home, workspace: Path) -> Entry:
    """Returns what is shown of a pipeline."""
    try:
        records = read_records(home)[:SHOWN]
    except MillraceError as error:
        return Entry(home.name, None, "", [], [], f"{error.where}: {error.what}")
    version = intact(home)
    judged = [overall for record in records if (overall := _find(record, "Evaluator", "overall"))]
    metric = next((name for name in MAIN if judged and name in judged[0]), "")
    lines = [_read_line(home, record, metric, workspace) for record in records]
    return Entry(home.name, version.number if version else None, metric, lines, draw_trends(lines, metric))


def draw_trends(lines: Sequence[Line], metric: str) -> list[Chart]:
    """Returns the charts of metric, rows and time by run, the oldest first; none of what only one run can tell."""
    series: dict[str, Values] = {
        metric: [line.figure for line in reversed(lines)],
        "rows": [line.rows for line in reversed(lines)],
        "seconds": [line.seconds for line in reversed(lines)],
    }
    places = [f"{datetime.fromisoformat(line.ended):%m-%d %H:%M}" for line in reversed(lines)]
    known = {name: values for name, values in series.items() if sum(value is not None for value in values) > 1}
    return [chart(("run", name), places, {name: values}) for name, values in known.items()]


def _read_line(home: Home, record: Mapping[str, Any], metric: str, workspace: Path) -> Line:
    run = Run(home, record["run"])
    rows = _find(record, "ExampleGen", "rows")
    took = datetime.fromisoformat(record["ended"]) - datetime.fromisoformat(record["started"])
    return Line(
        run.id,
        record["ended"],
        console.headline(record).plain,
        bool(record["exit_code"]),
        _find(record, "Evaluator", "overall").get(metric),
        sum(rows.values()) if rows else None,
        took.total_seconds(),
        run.report.relative_to(workspace).as_posix() if run.report.exists() else None,
    )


def _find(record: Mapping[str, Any], node: str, part: str) -> dict[str, Any]:
    return next((dict(found["details"].get(part) or {}) for found in record["nodes"] if found["node"] == node), {})
