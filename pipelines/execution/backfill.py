"""A backfill: the versions that would have been made of spans that are past, each judged against the one before it.

They lie in a registry of their own, in a folder `backfill` of the pipeline's, since what has the highest number below
`serving` is in service. What is in service there at the end, the newest that was blessed, is then made in the pipeline
itself, and judged against what is in service now. A backfill that was cut short is gone on with.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.readers.files import open_data
from components.readers.spans import Choice, find_all
from components.registry.versions import history, intact
from configs.errors import ConfigError
from configs.home import Home
from configs.schema.config import Config
from configs.schema.spans import find_unit, has_spans
from pipelines.execution.provenance import describe_provenance
from pipelines.execution.span_changes import find_newest_span
from pipelines.runs.directory import find_record, lock_home, write_file

FOLDER = "backfill"
JUDGED = (0, 3, 4)  # exit codes of runs that came to an end of their own
NOT_BLESSED = 4
Make = Callable[[Config], dict[str, Any]]


@dataclass(frozen=True)
class Filled:
    """What came of one span: the run, how it ended, and the version that it is in the backfill."""

    span: str
    run: str
    exit_code: int
    version: int | None


def list_range(config: Config, given: str) -> list[str]:
    """Returns the spans that are there of a range like 10..20 or 2026-11-01..2026-11-20, oldest first.

    Raises ConfigError for what is no range of the data's spans, DataRejected for data that cannot be found.
    """
    first, last = read_range(config, given)
    base, pattern = open_data(config.data.path)
    there = find_all(base, pattern, Choice.of(config.data))
    found = [span.name for number, span in there.items() if first <= number <= last]
    if not found:
        listed = f"The newest are: {', '.join(span.name for span in list(there.values())[-5:])}." if there else ""
        raise ConfigError(f"No complete span is there of {given}", "--spans", listed)
    return found


def read_range(config: Config, given: str) -> tuple[int, int]:
    """Returns the numbers of the first and the last span of a range; raises ConfigError for what is none."""
    unit, ends = find_unit(config.data.path), given.split("..")
    first, last = map(unit.read, ends) if len(ends) == 2 else (None, None)
    if not has_spans(config.data.path) or first is None or last is None or first > last:
        example = "2026-11-01..2026-11-20" if unit.length else "10..20"
        remedy = f"Name the first and the last, as {example}, of spans that data.path has a place for."
        raise ConfigError(f"'{given}' is no range of spans", "--spans", remedy)
    return first, last


def fill_spans(config: Config, given: str, make: Make, say: Callable[[str], None]) -> dict[str, Any]:
    """Makes the version of each span of a range by `make`, and returns the record of the last run.

    A span that is refused, or whose model is not blessed, has no version, as it would have had none; whatever else ends
    a run ends the backfill, and the next call goes on there.
    """
    spans, aside = list_range(config, given), Aside.of(config, given)
    done = {filled.span: filled for filled in aside.open()}
    for span in spans:
        if span in done:
            say(f"Span {span} was done: {_tell(done[span])}.")
            continue
        say(f"Span {span}:")
        record = make(aside.at(span))
        if not _is_judged(record):
            return record
        done[span] = Filled(span, record["run"], record["exit_code"], record["published"])
        aside.keep(list(done.values()))
    record = offer_newest(config, list(done.values()), aside, make, say)
    if _is_judged(record):
        aside.keep(list(done.values()), ended=True)
    return record


def offer_newest(
    config: Config, done: Sequence[Filled], aside: "Aside", make: Make, say: Callable[[str], None]
) -> dict[str, Any]:
    """Makes the newest that was blessed in the pipeline itself, if what is in service has seen nothing newer."""
    best = next((filled for filled in reversed(done) if filled.version), None)
    if best is None:
        say("None was blessed: what is in service stays.")
        return {**aside.record_of(done[-1]), "exit_code": NOT_BLESSED}
    unit, newer = find_unit(config.data.path), find_newest_served(config)
    if newer is not None and newer > (unit.read(best.span) or 0):
        say(f"What is in service was trained on span {unit.tell(newer)}, which is newer than {best.span}: it stays.")
        return {**aside.record_of(best), "published": None}
    say(f"Span {best.span}, the newest that was blessed, against what is in service:")
    return make(at_span(config, best.span))


def find_newest_served(config: Config) -> int | None:
    """Returns the number of the newest span that the version in service was trained on; None where none is known."""
    version = intact(config.home)
    return find_newest_span(config, version.manifest["run"]) if version else None


def _is_judged(record: Mapping[str, Any]) -> bool:
    return record["exit_code"] in JUDGED and not record["stopped"]


def at_span(config: Config, span: str) -> Config:
    """Returns the config of a run that takes no newer span than this one."""
    number = find_unit(config.data.path).read(span)
    return config.model_copy(update={"data": config.data.model_copy(update={"span": number})})


@dataclass(frozen=True)
class Aside:
    """The registry of a backfill, with a file that tells how far it came."""

    config: Config
    range: str

    @classmethod
    def of(cls, config: Config, given: str) -> "Aside":
        """Returns that of a range, however it is spelled."""
        return cls(config, "..".join(map(find_unit(config.data.path).tell, read_range(config, given))))

    @property
    def root(self) -> str:
        """The storage root of its runs."""
        home = self.config.home
        return f"{home.address(home.root)}/{FOLDER}/{self.range}"

    @property
    def home(self) -> Home:
        """Where its runs and versions lie."""
        return Home.below(self.root, self.config.name)

    @property
    def ledger(self) -> Path:
        """What is done, and of what config, code and packages."""
        return self.home.root / "backfill.json"

    def at(self, span: str) -> Config:
        """Returns the config of the run of a span, whose versions lie here; none waits, and nobody is told."""
        storage = self.config.storage.model_copy(update={"root": self.root})
        evaluation = self.config.evaluation.model_copy(update={"shadow": None})
        changes = {"storage": storage, "evaluation": evaluation, "notify": ()}
        return at_span(self.config, span).model_copy(update=changes)

    def open(self) -> list[Filled]:
        """Returns what is done already; where that is of another config, or has come to its end, it begins anew."""
        with suppress(OSError, ValueError, LookupError, TypeError):
            kept = json.loads(self.ledger.read_text())
            if kept["made_of"] == describe_provenance(self.config) and not kept["ended"]:
                return [Filled(**filled) for filled in kept["spans"]]
        with lock_home(self.home, "backfill"):
            for place in filter(lambda place: place != self.home.lock, self.home.root.iterdir()):
                shutil.rmtree(place) if place.is_dir() else place.unlink()
            self.keep([])
        return []

    def keep(self, done: list[Filled], ended: bool = False) -> None:
        """Writes down what is done."""
        known = {
            "made_of": describe_provenance(self.config),
            "ended": ended,
            "spans": [vars(filled) for filled in done],
        }
        write_file(self.ledger, json.dumps(known, indent=2))

    def record_of(self, filled: Filled) -> dict[str, Any]:
        """Returns the record of the run of a span."""
        return find_record(self.home, filled.run)


def list_backfilled(home: Home) -> Iterator[Mapping[str, Any]]:
    """Yields the manifests of the versions of all backfills on this machine, each with its span and its backfill."""
    for ledger in sorted(home.root.glob(f"{FOLDER}/*/{home.root.name}/backfill.json")):
        spans = {filled["run"]: filled["span"] for filled in json.loads(ledger.read_text())["spans"]}
        for manifest in history(Home(ledger.parent)):
            yield {**manifest, "backfill": ledger.parent.parent.name, "span": spans.get(manifest["run"])}


def _tell(filled: Filled) -> str:
    if filled.version:
        return f"version {filled.version}"
    return "the data was refused" if filled.exit_code == 3 else "no new version"
