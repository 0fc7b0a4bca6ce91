"""What a person is told of a look."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from components.evaluation.direction import COUNT
from components.evaluation.judgement import OVERALL
from components.evaluation.tally import Estimate
from configs.quantities import count
from pipelines.monitoring.look import Look
from pipelines.reporting.console import listing
from trainer.export.signatures import PREDICTION

FARTHEST = 5  # columns that are told, and all that are beyond their limit


def tell_look(look: Look, page: str) -> RenderableType:
    """Returns the figures over all rows, those of the slices, the columns that have moved farthest, and the page."""
    parts: list[RenderableType] = [_headline(look)]
    if look.metrics:
        parts += ["", _list_metrics(look)]
    if slices := _list_slices(look):
        parts += ["", slices]
    return Group(*parts, "", _list_strayed(look), "", f"Over time   {page}")


def _headline(look: Look) -> Text:
    rows = f"{count(look.rows, 'row')} of {look.source}, {look.labelled:,} with a label"
    if look.missed:
        return Text(f"Version {look.version} is below its bar: {'; '.join(map(str, look.missed))}. {rows}.", "bold red")
    far = [each.column for each in look.strayed if each.beyond]
    moved = f", but {', '.join(far)} moved too far" if far else ""
    told = "reaches its bar" if look.metrics else "is not measured: no row has a label"
    return Text(f"Version {look.version} {told}{moved}. {rows}.", "bold yellow" if far else "bold green")


def _list_metrics(look: Look) -> Table:
    table = listing("metric", "value", "95 % interval", "when published", "bar")
    for each in look.metrics:
        if each.slice == OVERALL and each.metric != COUNT:
            then = look.published.get(OVERALL, {}).get(each.metric)
            bar = ", ".join(f"{key} {value:g}" for key, value in look.bar.get(each.metric, {}).items())
            table.add_row(
                each.metric, f"{each.value:.4f}", tell_interval(each), "" if then is None else f"{then:.4f}", bar
            )
    return table


def _list_slices(look: Look) -> Table | None:
    """Returns the metric that matters by slice, if there are slices; all are in the answer as JSON."""
    slices: dict[str, dict[str, Estimate]] = {}
    for each in look.metrics:
        slices.setdefault(each.slice, {})[each.metric] = each
    metric = next(iter(look.bar), None) or next((each.metric for each in look.metrics if each.metric != COUNT), "")
    if not slices.keys() - {OVERALL}:
        return None
    table = listing("slice", "rows", metric, "95 % interval", "when published")
    for name, found in slices.items():
        if name != OVERALL:
            before = look.published.get(name, {}).get(metric)
            then = "" if before is None else f"{before:.4f}"
            table.add_row(name, f"{found[COUNT].value:,.0f}", *_tell(found, metric), then)
    return table


def _tell(found: Mapping[str, Estimate], metric: str) -> tuple[str, str]:
    return (f"{found[metric].value:.4f}", tell_interval(found[metric])) if metric in found else ("", "")


def _list_strayed(look: Look) -> Table:
    table = listing("column", look.kind, "limit", "missing", "")
    for place, each in enumerate(look.strayed):
        if place < FARTHEST or each.beyond or each.column == PREDICTION:
            distance, limit = (("" if value is None else f"{value:.2f}") for value in (each.distance, each.limit))
            why = f"since {each.since}" if each.since else "" if each.distance is not None else "the first look at it"
            table.add_row(each.column, distance, limit, f"{each.missing:.1%}", "too far" if each.beyond else why)
    return table


def tell_interval(each: Estimate) -> str:
    """Returns between what an estimate lies; an empty text where the rows do not tell."""
    return "" if each.low is None else f"{each.low:.4f} to {each.high:.4f}"
