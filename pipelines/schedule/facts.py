"""What is known of a pipeline when its schedule is asked: of its runs, its data, and what is in service."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from components.evaluation.judgement import OVERALL
from components.readers.portions import find_portions
from components.readers.spans import ALL
from components.registry.versions import history
from configs.errors import DataRejected
from configs.home import Home
from configs.schema.config import Config
from pipelines.execution.provenance import describe_provenance, list_differences
from pipelines.execution.span_changes import list_portions
from pipelines.monitoring.looks import read_looks
from pipelines.runs.directory import number_of, read_decision, read_records
from pipelines.runs.run import STARTED, Run
from pipelines.schedule.decision import Facts, Past, Seen
from pipelines.schedule.state import State

Records = Sequence[Mapping[str, Any]]


def gather_facts(config: Config, state: State) -> Facts:
    """Returns what is known, beside what the schedule itself remembers; to be asked while no run holds the pipeline."""
    records = read_records(config.home)
    facts = Facts(
        runs=list_past(config.home, records),
        asked=state.asked,
        paused=state.paused,
        handled=state.handled,
        resumed=state.resumed,
        changed=list_differences(describe_provenance(config), (record.get("made_of") for record in records)),
        published=find_publication(config.home),
    )
    return recall_looks(config, look_at_data(config, records, facts))


def list_past(home: Home, records: Records) -> list[Past]:
    """Returns the runs that are over, that which began last first: those with a record, and those that were killed."""
    known = {record["run"]: record for record in records}
    begun = {path.parent.name for path in home.runs.glob(f"*/{STARTED}")}
    runs = sorted((Run(home, name) for name in begun | known.keys()), key=lambda run: (number_of(run), run.id))
    return [_recall(run, known.get(run.id)) for run in reversed(runs)]


def _recall(run: Run, record: Mapping[str, Any] | None) -> Past:
    if record is None:
        began = datetime.fromisoformat(run.started.read_text())
        return Past(run.id, began, scheduled=read_decision(run) is not None)
    began, ended = (datetime.fromisoformat(record[key]) for key in ("started", "ended"))
    scheduled = record.get("decision") is not None
    return Past(run.id, began, ended, record["exit_code"], record.get("stopped", False), scheduled)


def find_publication(home: Home) -> datetime | None:
    """Returns when the version in service came there; None without one."""
    lines = history(home)
    return datetime.fromisoformat(lines[-1]["at"]) if lines else None


def look_at_data(config: Config, records: Records, facts: Facts) -> Facts:
    """Returns the facts with how much of the data no run has seen, where the schedule waits for that."""
    when = config.schedule and config.schedule.when
    if not when or (when.new_spans is None and when.new_rows is None):
        return facts
    seen = list_seen(records)
    try:
        there = find_portions(config.data, seen)
        differing = {name: found for name, found in there.items() if seen.get(name, {}).get("digest") != found.digest()}
        rows = sum(max(0, part.count_rows() - seen.get(name, {}).get("rows", 0)) for name, part in differing.items())
    except (DataRejected, OSError) as error:  # of which the run tells more
        return replace(facts, uncounted=f"what is new cannot be counted: {error}")
    new = [name for name in differing if name not in seen]
    rewritten = [name for name in differing if name in seen and name != ALL]
    return replace(facts, new_spans=len(new), new_rows=rows, rewritten=rewritten)


def recall_looks(config: Config, facts: Facts) -> Facts:
    """Returns the facts with what the newest looks at the version in service found, where the schedule waits for it."""
    when, lines = config.schedule and config.schedule.when, history(config.home)
    if not when or not lines or (when.quality is None and when.drift is None):
        return facts
    found = facts
    for look in read_looks(config.home):
        if look["version"] == lines[-1]["number"]:
            moment = datetime.fromisoformat(look["at"])
            metrics = {each["metric"]: each["value"] for each in look["metrics"] if each["slice"] == OVERALL}
            moved = {each["column"]: each["distance"] for each in look["strayed"] if each["distance"] is not None}
            found = replace(found, quality=Seen(moment, metrics)) if metrics else found
            found = replace(found, drift=Seen(moment, moved)) if moved else found
    return found


def list_seen(records: Records) -> dict[str, Mapping[str, Any]]:
    """Returns digest and rows of each span that a run has read, as the newest of these read it."""
    seen: dict[str, Mapping[str, Any]] = {}
    for record in records:
        seen = {**list_portions(record["nodes"]), **seen}
    return seen
