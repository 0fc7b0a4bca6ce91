"""A look at the version in service: how it does on new rows, and how far these lie from those it was trained on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from components.evaluation.judgement import Failure
from components.evaluation.tally import Estimate, Tally, find_labels, find_weights, list_bars, list_missed
from components.patches.stderr import silence
from components.readers.row_batch import choose_columns
from components.registry.versions import Version
from components.scoring.scorer import Scorer
from configs.clock import tell_now
from configs.errors import DataRejected
from configs.home import Home
from configs.schema.config import Config
from pipelines.monitoring.drift import Spreads, Strayed, measure_drift
from pipelines.monitoring.labelled_rows import Source, read_rows
from pipelines.monitoring.logged_rows import read_requests
from pipelines.monitoring.publication import recall_publication

Looks = Iterable[Mapping[str, Any]]
SKEW, DRIFT = "skew", "drift"  # of what it is asked in service, and of new data, both from what it was trained on


@dataclass(frozen=True)
class Look:
    """What was seen; as data, a line of `looks.jsonl`."""

    at: str
    version: int
    source: str
    rows: int
    labelled: int
    metrics: Sequence[Estimate] = ()
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # metrics by slice, when it came there
    bar: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # by metric: min, max
    missed: Sequence[Failure] = ()
    kind: str = DRIFT
    strayed: Sequence[Strayed] = ()
    answers: Mapping[str, Any] | None = None  # how they were spread, for later looks to compare theirs with

    @property
    def exit_code(self) -> int:
        """4 where a metric lies below its bar."""
        return 4 if self.missed else 0

    def as_data(self) -> dict[str, Any]:
        """Returns it as JSON holds it."""
        return {**asdict(self), "missed": [{**asdict(each), "text": str(each)} for each in self.missed]}


def look_at_files(config: Config, served: Config, version: Version, source: Source, earlier: Looks = ()) -> Look:
    """Returns what the rows of files tell of a version that came from the config `served`; the bar is that of `config`.

    Raises DataRejected.
    """
    tally, spreads, labelled = Tally(served.label, served.evaluation.slices), Spreads(served), 0
    with silence():  # TensorFlow
        for batch, answers in score_rows(version, served, read_rows(source, served)):
            spreads.add(batch, answers)
            labelled += add_labelled(tally, batch, answers, served)
    if not spreads.rows:
        raise DataRejected("There is no row to score.", source.name, "Name another by --input.")
    metrics, thresholds = tally.estimate() if labelled else [], config.evaluation.thresholds
    publication = recall_publication(version, served.label)
    return Look(
        at=tell_now(),
        version=version.number,
        source=source.name,
        rows=spreads.rows,
        labelled=labelled,
        metrics=metrics,
        published=publication.metrics,
        bar=list_bars(thresholds),
        missed=list_missed(thresholds, metrics) if labelled else [],
        strayed=measure_drift(spreads, version, config.gate.drift, publication.answers, earlier),
        answers=spreads.keep_answers(),
    )


def add_labelled(tally: Tally, batch: pa.RecordBatch, answers: np.ndarray, served: Config) -> int:
    """Takes in those rows of a batch that have a label, with their answers; returns how many these are."""
    if served.label.name not in batch.schema.names:
        return 0
    labels, there = find_labels(batch, served.label)
    kept = batch.filter(pa.array(there))
    tally.add(kept, labels[there], answers[there], find_weights(kept, served.data.weight))
    return int(there.sum())


def look_at_requests(
    config: Config, served: Config, version: Version, home: Home, earlier: Looks = (), since: datetime | None = None
) -> Look:
    """Returns how far the requests of the log that a version was sent lie from the rows that it was trained on.

    Those of before `since` are left out, to the file. Raises DataRejected where there are none.
    """
    spreads = Spreads(served)
    for batch, answers in read_requests(home, version.number, served, since):
        spreads.add(batch, answers)
    if not spreads.rows:
        what = f"The request log has no request that version {version.number} was sent"
        raise DataRejected(what, str(home.requests), "Keep one: millrace serve CONFIG --log-requests 1.")
    return Look(
        at=tell_now(),
        version=version.number,
        source="the request log" if since is None else f"the request log since {since:%Y-%m-%d %H:%M} UTC",
        rows=spreads.rows,
        labelled=0,
        kind=SKEW,
        strayed=measure_drift(
            spreads, version, config.gate.skew, recall_publication(version, served.label).answers, earlier
        ),
        answers=spreads.keep_answers(),
    )


def score_rows(
    version: Version, served: Config, batches: Iterator[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Yields the rows and what the version says of them; it is loaded after the first are read: that takes seconds."""
    features = list(served.features)
    scorer = None
    for batch in batches:
        if len(batch):
            scorer = scorer or Scorer(version, served.label)
            yield batch, scorer.ask(choose_columns(batch, features))
