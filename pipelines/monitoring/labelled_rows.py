"""New rows of files as training reads them, with their labels where they have one."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa

from components.examples.windows import Frame, roll
from components.readers import spans
from components.readers.file_format import FileFormat
from components.readers.files import list_files, open_data
from components.readers.formats import FORMATS, find_format, find_scored
from components.readers.row_batch import Batch
from components.readers.spans import Choice
from components.scoring.scorer import sort_out
from components.validation.column_types import Role
from components.validation.typed_batch import TIME, assign_roles, drop_orders, list_sources
from components.validation.validate import require_columns
from configs.errors import ConfigError
from configs.schema.config import Config
from configs.schema.evaluation import ORIGIN
from configs.schema.spans import find_unit, has_spans
from pipelines.serving.batch_predict import list_inputs

REMEDY = "Correct it, or take the row out."


@dataclass(frozen=True)
class Source:
    """Where rows come from: what to call it, and each file with what reads it."""

    name: str
    files: Sequence[tuple[str, FileFormat]]


def find_source(config: Config, source: str | None, span: str | int | None) -> Source:
    """Returns the files that the options name, else the newest complete span; raises ConfigError, DataRejected."""
    data = config.data
    if source is not None:
        if FORMATS[data.format].items and os.path.isdir(source):
            return Source(source, [(path, _find(path, config)) for path in list_files(*open_data(source), data.format)])
        paths = list_inputs(source)
        return Source(source, [(path, find_scored(path, data.format, data.dialect, source)) for path in paths])
    if not has_spans(data.path):
        remedy = "Name rows by --input FILES, or those of the request log by --requests."
        raise ConfigError("data.path has no spans, so it does not say which rows are new", data.path, remedy)
    base, pattern = open_data(data.path)
    number, unit = None if span is None else find_unit(data.path).read(span), find_unit(data.path)
    if span is not None and number is None:
        raise ConfigError(f"'{span}' is no span of {data.path}", "--span", f"Name one as {unit.tell(0)} is called.")
    [found] = spans.choose(base, pattern, Choice(number, marker=data.marker, settle=data.settle_seconds)).spans
    paths = list_files(base, found.pattern, data.format)
    return Source(f"span {found.name}", [(path, _find(path, config)) for path in paths])


def read_rows(source: Source, config: Config) -> Iterator[pa.RecordBatch]:
    """Yields the typed rows in batches; with the columns of labels and slices, where the first file has a label.

    Raises DataRejected at the first row that training would refuse; a label alone may be missing.
    """
    frame = Frame.of(config)
    sources = ((path, _read_file(path, reader)) for path, reader in source.files)
    path, batches = next(sources)
    first = next(batches)
    roles = choose_roles(config, first.names, frame is not None)
    typed = _type_files(chain([(path, chain([first], batches))], sources), roles)
    for batch in roll(typed, frame) if frame else typed:
        yield drop_orders(batch)


def choose_roles(config: Config, names: Collection[str], rolled: bool) -> dict[str, Role]:
    """Returns what is read of rows with these columns: of those without a label, the features alone."""
    every = assign_roles(config)
    if not rolled and not set(every[config.label.name].sources) <= set(names):
        return assign_roles(config, label=False)
    unused = () if rolled else (TIME, ORIGIN, config.clients, *config.data.groups)
    sliced = {name for columns in config.evaluation.slices for name in columns}
    return {
        name: replace(role, optional=role.optional or role.name in ("label", "target"))
        for name, role in every.items()
        if name not in unused or name in sliced or name in config.features
    }


def _find(path: str, config: Config) -> FileFormat:
    return find_format(path, config.data.format, config.data.dialect)


def _read_file(path: str, reader: FileFormat) -> Iterator[Batch]:
    """Yields the rows of a file; those of a class's folder with its name, which scoring leaves out."""
    return FileFormat.read_rows(reader, path) if os.path.isdir(path) else reader.read_rows(path)


def _type_files(files: Iterable[tuple[str, Iterable[Batch]]], roles: Mapping[str, Role]) -> Iterator[pa.RecordBatch]:
    needed = dict.fromkeys(list_sources(roles), "Add it; where its value is not known, leave it blank (null in JSON).")
    for path, batches in files:
        for batch in batches:
            if batch.names:
                require_columns(batch.names, needed, path)
            _, typed, faults = sort_out(batch, roles)
            if faults:
                raise faults[0].refuse(REMEDY)
            yield typed
