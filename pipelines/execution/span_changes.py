"""Spans that are not what an earlier run has read: rewritten since, or with rows that came late."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from typing import Any

from components.readers.portions import find_spans
from components.readers.spans import ALL
from configs.errors import DataRejected, MillraceError
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.spans import find_unit
from pipelines.runs.directory import read_record
from pipelines.runs.outcomes import SUCCESSES, Outcome, read_outcomes
from pipelines.runs.run import RECORD, Run

READS = "ExampleGen"  # the node that tells of the data it has read
LOOKS_BACK = 50  # runs: of a span that none of these has read nothing is known


def list_portions(nodes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns digest and rows of each span that a run has read, from the record of its nodes."""
    read = [node["details"] for node in nodes if node["node"] == READS and node["state"] in SUCCESSES]
    return dict(read[0].get("portions", {})) if read else {}


def find_newest_span(config: Config, run_id: str) -> int | None:
    """Returns the number of the newest span that a run has read; None where that is not known any more."""
    run = Run(config.home, run_id)
    with suppress(MillraceError):
        ended = run.record.exists()  # one that was killed has told of its nodes all the same
        nodes = read_record(run.record)["nodes"] if ended else map(asdict, read_outcomes(run).values())
        read = map(find_unit(config.data.path).read, list_portions(list(nodes)))
        return max((number for number in read if number is not None), default=None)
    return None


def find_changes(config: Config, run: Run, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Returns each span that is not as the newest earlier run that read it had it, and whether this run takes it.

    Looked at are the spans that this run takes, and those of the run before it, which it may leave behind.
    """
    taken = list_portions([asdict(outcome) for outcome in outcomes])
    if not taken or ALL in taken:
        return []
    earlier = list(_list_earlier(config, run))
    left = {name: found for name, found in (earlier[0][1] if earlier else {}).items() if name not in taken}
    now = {**taken, **_look_at(config, left)}
    seen: dict[str, tuple[str, Any]] = {}
    for id, portions in reversed(earlier):
        seen |= {name: (id, portion) for name, portion in portions.items()}
    pairs = ((name, found, *seen[name]) for name, found in now.items() if name in seen)
    return [
        _describe(name, id, then["rows"], found["rows"], name in taken)
        for name, found, id, then in pairs
        if found["digest"] != then["digest"]
    ]


def _list_earlier(config: Config, run: Run) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields what earlier runs have read, the newest first by their ids, which tell the time."""
    paths = sorted(config.home.runs.glob(f"*/{RECORD}"), reverse=True)
    for path in islice((path for path in paths if path.parent.name != run.id), LOOKS_BACK):
        with suppress(MillraceError):
            if portions := list_portions(read_record(path)["nodes"]):
                yield path.parent.name, portions


def _look_at(config: Config, left: Mapping[str, Any]) -> dict[str, Any]:
    """Returns digest and rows of those spans that changed, as they are now, without any that cannot be read."""
    found: dict[str, Any] = {}
    with suppress(DataRejected, OSError):
        for name, span in find_spans(config.data, lambda span: span.name in left).items():
            if (digest := span.digest()) != left[name]["digest"]:
                found[name] = {"digest": digest, "rows": span.count_rows()}
    return found


def _describe(name: str, run: str, then: int, now: int, taken: bool) -> dict[str, Any]:
    late = f"{count(now - then, 'row')} came late" if now > then else f"it has {count(now, 'row')}, and had {then:,}"
    trained = "this run takes it as it is now" if taken else "this run does not take it"
    text = f"span {name} has changed since run {run} read it: {late}; {trained}"
    return {"span": name, "run": run, "rows_then": then, "rows": now, "taken": taken, "text": text}
