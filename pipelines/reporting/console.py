"""What a person sees of a run: a live table of its nodes, and how it ended.

Data are never read as markup: a console takes texts as they are, and what has a style is a Text.
"""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

STATES = {
    "waiting": Text("· waiting", "dim"),
    "running": Text("▸ running", "yellow"),
    "done": Text("✓ done", "green"),
    "cached": Text("✓ cached", "cyan"),
    "failed": Text("✗ failed", "bold red"),
    "not run": Text("– not run", "dim"),
}


def open_console(**options: Any) -> Console:
    """Returns a console that prints texts as they are, in which [b] is no style and :x: no picture."""
    return Console(markup=False, emoji=False, highlight=False, **options)


MOST = 5  # spans of which it is told that they changed


class Screen:
    """A table with a row for each node; where the output is no terminal, a line as each node ends."""

    def __init__(self, console: Console, nodes: Sequence[str]) -> None:
        self.console = console
        waiting = {"state": "waiting", "text": "", "seconds": 0.0}
        self.rows: dict[str, dict[str, Any]] = {node: dict(waiting) for node in nodes}
        self.started: dict[str, float] = {}
        live = Live(get_renderable=self.table, console=console, refresh_per_second=4)
        self.live = live if console.is_terminal else None

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for node, row in self.rows.items():
            if row["state"] == "running":
                row["seconds"] = time.monotonic() - self.started[node]
            if row["state"] in ("waiting", "running"):
                row["state"] = "not run" if row["state"] == "waiting" else "failed"
        if self.live:
            self.live.stop()

    def pause(self) -> None:
        """Leaves the table as it stands, to ask or say something below it; the next event draws another."""
        if self.live:
            self.live.stop()

    def watch(self, event: Mapping[str, Any]) -> None:
        """Takes an event of the child's: a node's progress, or its outcome; the table appears with the first."""
        if self.live and not self.live.is_started:
            self.live.start()
        if outcome := event.get("outcome"):
            self.rows[outcome["node"]] = {key: outcome[key] for key in ("state", "text", "seconds")}
            if not self.live:
                self.console.print(line(outcome), soft_wrap=True)
            return
        if event.get("warning") and not self.live:
            self.console.print(f"{event['node']:13} {event['text']}", soft_wrap=True)
        self.started.setdefault(event["node"], time.monotonic())
        self.rows[event["node"]] = {"state": "running", "text": event["text"], "seconds": 0.0}

    def table(self) -> Table:
        """Returns the table as it stands."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("node", min_width=14)
        table.add_column("state", min_width=10)
        table.add_column("time", justify="right", min_width=7)
        table.add_column("", overflow="fold")
        for node, row in self.rows.items():
            seconds = row["seconds"]
            if row["state"] == "running":
                seconds = time.monotonic() - self.started[node]
            spent = f"{seconds:.1f} s" if row["state"] in ("running", "done", "cached", "failed") else ""
            table.add_row(node, STATES[row["state"]], spent, Text(row["text"]))
        return table


def line(outcome: Mapping[str, Any]) -> str:
    """Returns how a node ended, as plain text."""
    return f"{outcome['node']:13} {outcome['state']:8}{outcome['seconds']:6.1f} s  {outcome['text']}"


def listing(*headers: str) -> Table:
    """Returns an empty table, whose cells are folded where the screen is narrow, and never cut."""
    return Table(*(Column(header, overflow="fold") for header in headers), box=None, header_style="dim")


def conclude(record: Mapping[str, Any], config_path: str, follows: str | None = None) -> RenderableType:
    """Returns the closing words of a run: what came of it and why, what serves, where things lie, what to do next.

    What `follows` is a command; without it, the one that goes on where the run was.
    """
    lines: list[RenderableType] = [headline(record)]
    if error := record["error"]:
        lines.append(paragraph(error["what"], error["where"], error["remedy"]))
    serving = f"version {record['in_service']}, in {record['serving']}" if record["in_service"] else "nothing yet"
    beside, decision = compare(record), record.get("decision")
    places = (
        *([f"Why         {decision['text']}"] if decision else []),
        *(f"Changed     {text}" for text in tell_changes(record)),
        *([f"Compared    {beside}"] if beside else []),
        f"In service  {serving}",
        *([f"Challenger  {record['challenger']}"] if record.get("challenger") else []),
        f"This run    {record['folder']} (report.html, run.json, log.txt)",
        *([f"Freed       {record['freed']}"] if record.get("freed") else []),
        *([f"MLflow      {_tell_mlflow(record['mlflow'])}"] if record.get("mlflow") else []),
        f"Next        {follows or f'millrace {_next(record)} {config_path}'}",
    )
    return Group("", *lines, "", *places)


def tell_changes(record: Mapping[str, Any]) -> list[str]:
    """Returns what spans have changed since a run read them: of many, the newest."""
    texts = [change["text"] for change in record.get("changed_spans", ())]
    more = [f"{len(texts) - MOST} more, in run.json"] if len(texts) > MOST else []
    return [*texts[-MOST:], *more]


def compare(record: Mapping[str, Any]) -> str:
    """Returns what the model and those that are no networks reach; an empty text where none is known."""
    details = {node["node"]: node["details"] for node in record["nodes"]}
    found = details.get("SklearnBaselines")
    if not found:
        return ""
    reached = {name: metrics.get(found["metric"]) for name, metrics in found["models"].items()}
    ours = details.get("Evaluator", {}).get("overall", {}).get(found["metric"])
    known = {name: value for name, value in {"this model": ours, **reached}.items() if value is not None}
    return f"{found['metric']}: " + ", ".join(f"{name} {value:.4f}" for name, value in known.items())


def headline(record: Mapping[str, Any]) -> Text:
    """Returns one line that says how a run ended."""
    judged = next((node["text"] for node in record["nodes"] if node["node"] == "Evaluator"), "")
    if record["exit_code"] == 0:
        if record["published"]:
            return Text.assemble((f"Published version {record['published']}", "bold green"), f": {judged}")
        return Text.assemble(("Done", "bold green"), f": {record['nodes'][-1]['text']}")
    published = f"version {record['published']}" if record["published"] else "nothing"
    return Text.assemble((OUTCOMES.get(record["exit_code"], "Failed"), "bold red"), f"; {published} was published.")


def paragraph(what: str, where: str, remedy: str) -> Text:
    """Returns an error as a person reads it: where, what happened, and what to do."""
    place = Text.assemble((where, "bold"), ": ") if where else ""
    stop = "" if what.endswith((".", "!", "?", ":", "]")) else "."
    return Text.assemble(place, what, stop, f"\n{remedy}" if remedy else "")


def _tell_mlflow(known: Mapping[str, str]) -> str:
    return f"run {known['run']}" if "run" in known else f"not told. {known['error']}"


def _next(record: Mapping[str, Any]) -> str:
    return "history" if record["published"] else "report"


OUTCOMES = {3: "Data rejected", 4: "Not blessed"}
