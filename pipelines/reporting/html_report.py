"""The report of a run: one page, drawn from its record and config alone, which needs no network and no library."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from components.evaluation.direction import COUNT, choose_metric, gain
from components.evaluation.judgement import GOLDEN, LITE_MODEL, OVERALL, Failure, tell_figure
from components.evaluation.model_card import write_markdown
from configs.schema.config import Config
from pipelines.reporting import console
from pipelines.reporting.card import read_card
from pipelines.reporting.charts import Chart, chart
from pipelines.reporting.comparison import Comparison
from pipelines.reporting.comparison import compare as compare_with
from pipelines.reporting.confusion import name_classes
from pipelines.reporting.data_table import tabulate
from pipelines.reporting.explanation import explain
from pipelines.reporting.figures import write_figures
from pipelines.reporting.forecast import draw_forecast
from pipelines.reporting.html_templates import open_templates
from pipelines.reporting.leaderboard import rank_models
from pipelines.reporting.lineage import trace_lineage
from pipelines.reporting.metric_changes import list_changes
from pipelines.reporting.quality import draw_quality
from pipelines.reporting.samples import draw_samples
from pipelines.reporting.threshold import read_curve
from pipelines.reporting.training import tell_training
from pipelines.reporting.trials import lay_trials
from pipelines.reporting.units import tell_bytes, tell_moment, tell_number, tell_seconds
from pipelines.reporting.verdict import Measured, judge, list_steps, tell_service
from pipelines.runs.run import Run

BESIDE = (GOLDEN, LITE_MODEL)  # slices that are none: other rows, or another file
RATE = "learning_rate"  # which Keras notes where it falls by itself
PACKAGES = ("tfx", "tensorflow", "keras")


@dataclass(frozen=True)
class Group:
    """The slices by one column, and a chart of the metric that matters."""

    column: str
    metric: str
    slices: Mapping[str, Mapping[str, Measured]]  # by value, then by metric; that with the worst of it first
    chart: Chart


def write_report(record: Mapping[str, Any], run: Run) -> None:
    """Writes the report of a run into its folder, where its config lies: the page, its figures, the model's card, and
    for TensorBoard its metrics.
    """
    config = Config.model_validate_json(run.config.read_text())
    found = gather(record, config, compare_with(record, run, config))
    if card := found["card"]:
        run.card.write_text(write_markdown(card), encoding="utf-8")
    run.figures.write_text(write_figures(found), encoding="utf-8")
    run.report.write_text(template("report.html").render(found), encoding="utf-8")
    if metrics := {item.metric: item.candidate for item in found["judged"]}:
        from pipelines.reporting.board import write_board  # only here: what else draws a page needs no protocol buffers

        write_board(metrics, found["history"], datetime.fromisoformat(record["ended"]).timestamp(), run.tensorboard)


def render(record: Mapping[str, Any], config: Config, changed: Comparison | None = None) -> str:
    """Returns the page; a section of which the record knows nothing is left out."""
    return template("report.html").render(gather(record, config, changed))


def gather(record: Mapping[str, Any], config: Config, changed: Comparison | None = None) -> dict[str, Any]:
    """Returns what the page shows, by the names that its template has for it."""
    details = {node["node"]: node["details"] for node in record["nodes"]}
    texts = {node["node"]: node["text"] for node in record["nodes"]}
    history = details.get("Trainer", {}).get("history")
    evaluation = details.get("Evaluator", {})
    measured, thresholds = evaluation.get("metrics", []), config.evaluation.thresholds
    missed = {(failure["slice"], failure["metric"]) for failure in evaluation.get("missed", [])}
    judged = judge(measured, thresholds, missed)
    gate, rows = details.get("DataGate") or None, details.get("ExampleGen", {}).get("rows", {})
    return dict(
        record=record,
        headline=console.headline(record).plain,
        duration=last(record["started"], record["ended"]),
        decision=record.get("decision"),
        changes=console.tell_changes(record),
        states={state: drawn.plain for state, drawn in console.STATES.items()},
        judged=judged,
        failures=[str(Failure(**failure)) for failure in evaluation.get("missed", []) if failure["slice"] != OVERALL],
        service=tell_service(record, details.get("Resolver", {}).get("version")),
        steps=list_steps(record, {anomaly["key"] for anomaly in (gate or {}).get("anomalies", [])}),
        changed=changed,
        drift=rank((gate or {}).get("drift", {})),
        against=texts.get("Resolver"),
        search=details.get("Tuner"),
        trials=lay_trials(details.get("Tuner")),
        sklearn_baselines=details.get("SklearnBaselines", {}).get("models", {}),
        leaderboard=rank_models(judged, details, choose_metric(thresholds, config.label)),
        missed=missed,
        explanation=explain(evaluation.get("explanation"), config.label),
        quality=draw_quality(evaluation.get("quality")),
        forecast=draw_forecast(evaluation.get("explanation", {}).get("forecast"), config),
        examples=evaluation.get("explanation", {}).get("examples"),
        changed_metrics=list_changes(measured),
        intervals={item["metric"]: item.get("interval") for item in measured if item["slice"] == OVERALL},
        judging=name_judges(evaluation),
        confusion=name_classes(evaluation.get("confusion", []), config.label.values),
        curve=asdict(found)
        if (found := read_curve(evaluation.get("roc", []), evaluation.get("confusion", [])))
        else None,
        groups=group(measured, next(iter(thresholds))),
        beside=lay_beside(measured),
        history=history,
        curves=trace(history, details["Trainer"].get("unit", "epoch")) if history else [],
        rows=rows,
        columns=tabulate(details, rows, config),
        association=evaluation.get("explanation", {}).get("association"),
        samples=draw_samples(evaluation.get("explanation", {}).get("samples", ())),
        gate=gate,
        lineage=trace_lineage(record),
        training=tell_training(details.get("Trainer", {}), config),
        card=read_card(record, config),
        stopped=record["error"] is not None and record["error"]["where"] == "DataGate",
        config=conceal(config.model_dump_json(indent=2)),
        versions={package: metadata.version(package) for package in PACKAGES},
    )


def name_judges(evaluation: Mapping[str, Any]) -> str:
    """Returns the rows that judged, and in how many folds, or from how many origins."""
    if "folds" in evaluation:
        return f"all rows, in {evaluation['folds']} folds"
    return f"the test split, from {evaluation['origins']} origins" if "origins" in evaluation else "the test split"


def template(name: str) -> Template:
    """Returns a template of ours."""
    environment = open_templates("pipelines.reporting")
    environment.filters |= {"figure": tell_figure, "value": value, "conceal": conceal, "enclose": enclose}
    environment.filters |= {"bytes": tell_bytes, "seconds": tell_seconds, "moment": tell_moment, "number": tell_number}
    return environment.get_template(name)


def rank(drift: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Returns the columns whose distributions the gate measured, that which moved furthest first."""
    return dict(sorted(drift.items(), key=lambda item: -item[1]["distance"]))


def group(measured: Sequence[Measured], metric: str) -> list[Group]:
    """Returns the slices by their first column, in their natural order."""
    columns: dict[str, dict[str, dict[str, Measured]]] = {}
    for item in measured:
        if item["slice"] not in (OVERALL, *BESIDE):
            column, _, value = item["slice"].partition("=")
            columns.setdefault(column, {}).setdefault(value, {})[item["metric"]] = item
    overall = next((i["candidate"] for i in measured if (i["slice"], i["metric"]) == (OVERALL, metric)), None)
    groups = []
    for column, slices in columns.items():
        ordered = {value: slices[value] for value in sorted(slices, key=natural)}
        worst = {value: slices[value] for value in sorted(ordered, key=lambda value: rate(slices[value], metric))}
        groups.append(Group(column, metric, worst, compare(ordered, column, metric, overall)))
    return groups


def lay_beside(measured: Sequence[Measured]) -> dict[str, dict[str, float]]:
    """Returns what each metric is by what was judged; nothing where that is the model on the rows of all alone."""
    found = {
        part: {item["metric"]: item["candidate"] for item in measured if item["slice"] == part}
        for part in (OVERALL, *BESIDE)
    }
    return {part: values for part, values in found.items() if values} if any(map(found.get, BESIDE)) else {}


def rate(found: Mapping[str, Measured], metric: str) -> float:
    """Returns a key that sorts the worst first, and last what has no value."""
    value = found[metric]["candidate"] if metric in found else math.nan
    if math.isnan(value):
        return math.inf
    return gain(metric, value)


def natural(text: str) -> list[str | int]:
    """Returns a key that sorts 2 before 10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def compare(slices: Mapping[str, Mapping[str, Measured]], column: str, metric: str, overall: float | None) -> Chart:
    """Returns the chart of one metric by slice: the larger a dot, the more rows it stands for."""
    held = {value: items[metric] for value, items in slices.items() if metric in items}
    rows = [slices[value][COUNT]["candidate"] for value in held]
    models = {name: [item[name] for item in held.values()] for name in ("candidate", "baseline")}
    known = {
        name: values for name, values in models.items() if name == "candidate" or any(v is not None for v in values)
    }
    return chart((column, metric), list(held), known, rows, overall)


def trace(history: Mapping[str, Sequence[float]], unit: str) -> list[Chart]:
    """Returns a chart of the loss and of each metric by epoch, or what else a training is counted by."""
    charts = []
    for name in sorted((key for key in history if f"val_{key}" in history), key=lambda key: key != "loss"):
        places = [str(number) for number in range(1, len(history[name]) + 1)]
        charts.append(chart((unit, name), places, {"train": history[name], "eval": history[f"val_{name}"]}))
    if RATE in history:
        places = [str(number) for number in range(1, len(history[RATE]) + 1)]
        charts.append(chart((unit, "learning rate"), places, {"learning rate": history[RATE]}))
    return charts


def enclose(ends: Sequence[float] | None) -> Markup:
    """Returns between what a metric lies, in small below it; nothing where that is not known."""
    return Markup(" <small>{:.4f} to {:.4f}</small>").format(*ends) if ends else Markup()


def value(found: Any) -> str:
    """Returns the value of a key as a config has it."""
    return f"{found:.4g}" if isinstance(found, float) else json.dumps(found)


def last(started: str, ended: str) -> str:
    """Returns the time between two moments, to the second."""
    between = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    minutes, seconds = divmod(round(between.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def conceal(text: str) -> str:
    """Returns the text with the passwords of its URLs starred out, since reports are passed around."""
    return re.sub(r"(://[^:/@\s]*):[^@/\s]+@", r"\1:***@", text)
