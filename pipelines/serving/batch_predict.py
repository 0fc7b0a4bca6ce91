"""Scoring: the rows of files, or one row from the shell, by the version in service."""

import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from components.patches.stderr import silence
from components.readers.files import find_paths, open_data, open_folder, suggest_path
from components.readers.formats import find_scored
from components.readers.json_lines import parse_json
from components.readers.row_batch import Batch, Fault, gather_rows
from components.readers.store_copy import fetch
from components.registry.versions import Version, in_service, list_folders, read_version, verify
from components.scoring.scorer import Scorer, columns, sort_out
from components.validation.column_types import Role
from components.validation.typed_batch import assign_roles, list_sources
from components.validation.validate import require_columns
from configs.errors import ConfigError, DataRejected, MillraceError
from configs.home import Home
from configs.quantities import count
from configs.schema.config import Config
from pipelines.runs.output_file import explain_target, refuse_sources, staged
from pipelines.serving.forecast import Forecast
from pipelines.serving.prediction_writers import STDOUT, WRITERS, Target, Writer, open_text

STANDARD = "-"
ROW = "--row"
EXAMPLE = """Write it as --row '{"miles": 3.2, "company": "Blue Cab"}'."""


@dataclass(frozen=True)
class Order:
    """What to score, where the answers go, and where rows that cannot be scored go; nowhere, and the first is fatal."""

    source: str
    output: str
    rejects: str | None = None
    force: bool = False


@dataclass(frozen=True)
class Scored:
    """What came of an order."""

    version: int
    rows: int
    rejected: int
    seconds: float

    def describe(self, order: Order) -> str:
        """Returns the closing line."""
        to = "" if order.output == STANDARD else f": {order.output}"
        left_out = f"\n{count(self.rejected, 'row')} left out: {order.rejects}" if order.rejects else ""
        return f"{count(self.rows, 'row')} scored by version {self.version} in {self.seconds:.1f} s{to}{left_out}"


class Rejects:
    """Takes the rows that cannot be scored: into a file; without one, the first of them ends it all."""

    def __init__(self, file: TextIO | None, remedy: str) -> None:
        self.file, self.remedy, self.count = file, remedy, 0

    def take(self, fault: Fault) -> None:
        if self.file is None:
            raise fault.refuse(self.remedy)
        self.count += 1
        line = {"file": fault.path, "row": fault.number, "column": fault.column or None, "reason": fault.reason}
        self.file.write(json.dumps({**line, "values": fault.values}, ensure_ascii=False, default=str) + "\n")


def place_order(source: str | None, output: str | None, skip: bool, rejects: str | None, force: bool) -> Order:
    """Returns what the options ask for; raises ConfigError where they do not go together."""
    if source is None or output is None:
        raise ConfigError("one of them is absent", "--input, --output", "Name both, or give a single row by --row.")
    if rejects and not skip:
        raise ConfigError("nothing is to be skipped", "--rejects", "Add --on-error skip.")
    if skip and not rejects:
        if output == STANDARD:
            raise ConfigError("the rows left out need a file", "--on-error skip", "Name one by --rejects FILE.")
        rejects = f"{output}.rejects.jsonl"
    if output == rejects:
        raise ConfigError("this is the output as well", f"--rejects {rejects}", "Name another file.")
    return Order(source, output, rejects, force)


def choose_form(source: str | None, output: str | None) -> str:
    """Returns how the answer to a single row is to be written; raises ConfigError where the options do not say."""
    if source is not None:
        raise ConfigError("the rows are either in files or here", "--input, --row", "Leave one out.")
    if output not in (None, "text", "json"):
        raise ConfigError("a single row is answered as text or json", f"--output {output}", "Choose one of them.")
    return output or "text"


def predict(home: Home, order: Order, number: int | None = None) -> Scored:
    """Scores every row of the input with the version in service, or with the one of this number.

    The output appears once it is whole. Raises ConfigError for an output that is there already, and DataRejected.
    """
    files = list_inputs(order.source)
    choose_writer(order, files)  # before a version is looked for
    version, config = choose_version(home, number)
    return score_files(order, files, version, config, partial(open_scorer, version, config))


def open_scorer(version: Version, config: Config) -> Scorer:
    """Returns what scores rows by a version, which came from this config."""
    with silence():
        return Scorer(version, config.label, list_sources(assign_roles(config, label=False)))


def score_files(
    order: Order, files: Sequence[str], version: Version, config: Config, open_scorer: Callable[[], Scorer]
) -> Scored:
    """Scores every row of some of the input's files with a version, which came from this config; as `predict` does."""
    write = choose_writer(order, files)
    roles, rows, start = assign_roles(config, label=False), 0, time.monotonic()
    added = columns(config.label, list_sources(roles))
    with reported(order.output), ExitStack() as stack:
        skipped = order.rejects and stack.enter_context(open_text(stack.enter_context(staged(order.rejects))))
        rejects = Rejects(skipped or None, "Correct it, or leave such rows out by --on-error skip.")
        written = config.data.format, config.data.dialect
        sources = (find_scored(path, *written, order.source).read_rows(path) for path in files)
        forecast = Forecast.of(config, files[0], rejects.take)
        batches = checked(sources, list_sources(forecast.roles if forecast else roles), added)
        pairs = quieten(forecast.read(batches, files[0]) if forecast else sound(batches, roles, rejects))
        first = next(pairs)  # before the model is loaded, which takes seconds
        scorer = open_scorer()
        target = STDOUT if order.output == STANDARD else stack.enter_context(staged(order.output))
        writer = stack.enter_context(closing(write(target, added)))
        for batch, typed in chain([first], pairs):
            with silence():
                answers = scorer.score(typed)
            writer.write(batch, answers)
            rows += len(batch.numbers)
    return Scored(version.number, rows, rejects.count, time.monotonic() - start)


def require_row(row: str | None) -> str:
    """Returns the row that is to be explained; raises ConfigError without one."""
    if row is None:
        raise ConfigError("a single row is explained", "--explain", EXAMPLE)
    return row


def predict_row(home: Home, text: str, number: int | None = None) -> dict[str, Any]:
    """Returns the answers to one row: a JSON object with a key for each feature, null for a missing value."""
    row = parse_row(text)
    version, config = choose_version(home, number)
    typed = type_row(row, config)
    with silence():
        answers = open_scorer(version, config).score(typed)
    return {name: values[0] for name, values in answers.items()}


def parse_row(text: str) -> Batch:
    """Returns the row of a JSON object; raises ConfigError."""
    row = next(parse_json(ROW, [text]), None)
    if row is None or isinstance(row, Fault):
        raise ConfigError(row.reason if row else "The row is blank.", ROW, EXAMPLE)
    return next(gather_rows(ROW, iter([(0, *row[1:])])))


def type_row(row: Batch, config: Config) -> pa.RecordBatch:
    """Returns the row as the model of a config takes it; raises DataRejected."""
    roles = assign_roles(config, label=False)
    _, typed = next(sound(checked([iter([row])], list_sources(roles), ()), roles, Rejects(None, "Correct it.")))
    return typed


def checked(sources: Iterable[Iterator[Batch]], columns: Collection[str], added: Sequence[str]) -> Iterator[Batch]:
    """Yields the rows of all files; raises DataRejected for one that lacks a column, or has one of an answer's name."""
    for source in sources:
        needed = columns
        for batch in source:
            check_columns(batch, needed, added)
            needed = () if batch.names else needed
            yield batch


def sound(
    batches: Iterable[Batch], roles: Mapping[str, Role], rejects: Rejects
) -> Iterator[tuple[Batch, pa.RecordBatch]]:
    """Yields the rows that can be scored, as they came and as the model takes them; the others go to the rejects."""
    for batch in batches:
        kept, typed, faults = sort_out(batch, roles)
        for fault in faults:
            rejects.take(fault)
        yield kept, typed


def quieten(pairs: Iterator[tuple[Batch, pa.RecordBatch]]) -> Iterator[tuple[Batch, pa.RecordBatch]]:
    """Yields the rows without what is said where they are read: TensorFlow reads TFRecords."""
    while True:
        with silence():
            pair = next(pairs, None)
        if pair is None:
            return
        yield pair


@contextmanager
def reported(output: str) -> Iterator[None]:
    """Turns what the disk refuses into an error for a person."""
    try:
        yield
    except OSError as error:
        raise explain_target(output, error) from error


def choose_writer(order: Order, files: Sequence[str]) -> Callable[[Target, Sequence[str]], Writer]:
    """Returns what writes the output; raises ConfigError where it may not, and never may over the input.

    Standard output takes CSV for CSV, and JSON lines for the rest.
    """
    targets = [path for path in (order.output, order.rejects) if path not in (None, STANDARD)]
    for path in targets:
        refuse_sources(path, files)
    if order.output == STANDARD:
        return WRITERS[".csv" if files[0].lower().endswith(".csv") else ".jsonl"]
    suffix = os.path.splitext(order.output)[1].lower()
    if suffix not in WRITERS:
        known = f"{', '.join(WRITERS)}, or - for standard output"
        raise ConfigError("the name does not say the format", order.output, f"Let it end with one of {known}.")
    for path in targets:
        if os.path.exists(path) and not order.force:
            raise ConfigError("this file is there already", path, "Name another, or replace it by --force.")
    return WRITERS[suffix]


def check_columns(batch: Batch, needed: Iterable[str], added: Sequence[str]) -> None:
    """Raises DataRejected where a column is absent that a feature needs, or there that an answer is called."""
    if batch.names:
        remedy = "Add it; where its value is not known, leave it blank (null in JSON)."
        require_columns(batch.names, dict.fromkeys(needed, remedy), batch.path)
    taken = [name for name in added if name in batch.names]
    if taken:
        what = f"The column `{taken[0]}` is there already, and the answers have one of this name."
        raise DataRejected(what, batch.path, "Rename it, or take it away.")


def list_inputs(source: str) -> list[str]:
    """Returns the files that a path, a folder or a glob stands for, in order; raises DataRejected."""
    base, pattern = open_data(source)
    files = [file for path in find_paths(base, pattern) for file in open_folder(path)]
    if not files:
        raise DataRejected("There is no such file.", source, suggest_path(source) or "Correct --input.")
    first = find_scored(files[0])
    fetch(files)
    other = next((path for path in files if find_scored(path) is not first), None)
    if other:
        raise DataRejected(f"The file is of another format than {files[0]}.", other, "Score each format by itself.")
    return files


def choose_version(home: Home, number: int | None) -> tuple[Version, Config]:
    """Returns the version in service, or that of this number, its files verified, and the config that it came from."""
    if number is None:
        version = in_service(home)
    else:
        folders = list_folders(home)
        if number not in folders:
            listed = ", ".join(map(str, folders)) or "none"
            raise ConfigError(f"there is no version {number}", str(home.serving), f"There are: {listed}.")
        version = verify(read_version(number, folders[number]))
    if version is None:
        remedy = f"Publish a model: millrace run CONFIG. {home.mention_another(Path.cwd())}".rstrip()
        raise MillraceError("nothing is in service yet", str(home.serving), remedy)
    return version, read_config(version)


def read_config(version: Version) -> Config:
    """Returns the config that a version came from; raises MillraceError where it cannot be read."""
    try:
        return Config.model_validate_json((version.extras / "config.json").read_text())
    except (OSError, ValueError) as error:
        what = f"version {version.number} came from a config that cannot be read: {error}"
        raise MillraceError(what, str(version.extras), "Run the pipeline again: millrace run CONFIG") from error
