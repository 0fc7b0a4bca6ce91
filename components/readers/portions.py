"""What a span holds, or all data where there are none: by it a run knows what it has seen, a schedule what is new."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from components.readers.files import digest_files, list_files, list_parts
from components.readers.sources import open_source
from components.readers.spans import ALL, Choice, Span, choose, find_all
from configs.schema.data import Data
from configs.schema.dialect import Dialect
from configs.schema.spans import find_unit, has_spans


@dataclass(frozen=True)
class Portion:
    """The digest of its files, with their names, and how many rows they have."""

    digest: str
    rows: int


@dataclass(frozen=True)
class Found:
    """The files of a span that is there."""

    base: str
    files: Sequence[str]
    data: Data

    def digest(self) -> str:
        """Return the digest that a `Portion` has of them."""
        return digest_portion(self.base, self.files, self.data.format, self.data.dialect)

    def count_rows(self) -> int:
        """Return how many rows they have; raise DataRejected for a file that cannot be read."""
        return sum(count_rows(path, self.data.format, self.data.dialect) for path in self.files)


def find_portions(data: Data, seen: Collection[str]) -> dict[str, Found]:
    """Return what there is of interest to a schedule, by the span's name, oldest first.

    That is each complete span that a run would take now, or that is newer than all that were `seen`. Raises
    DataRejected where there is none.
    """
    base, pattern = open_source(data)
    choice, unit = Choice.of(data), find_unit(data.path)
    taken = choose(base, pattern, choice).spans
    if not has_spans(data.path):
        return {ALL: Found(base, list_files(base, pattern, data.format), data)}
    known = [number for number in map(unit.read, seen) if number is not None]
    newest = max(known or (span.number for span in taken))  # without any, what there was before is no news
    there = find_all(base, pattern, choice).values()
    return _list_found(base, (span for span in there if span in taken or span.number > newest), data)


def find_spans(data: Data, wants: Callable[[Span], bool]) -> dict[str, Found]:
    """Return the complete spans that are there, not too new, and wanted, by name, oldest first; raises DataRejected."""
    base, pattern = open_source(data)
    return _list_found(base, filter(wants, find_all(base, pattern, Choice.of(data)).values()), data)


def _list_found(base: str, spans: Iterable[Span], data: Data) -> dict[str, Found]:
    return {span.name: Found(base, list_files(base, span.pattern, data.format), data) for span in spans}


def digest_portion(base: str, files: Sequence[str], format: str, dialect: Dialect) -> str:
    """Return the digest of the content of data files and of their names."""
    return digest_files(base, list_parts(files, format, dialect))


def count_rows(path: str, format: str, dialect: Dialect) -> int:
    """Return how many rows a data file has, read by a column alone where that is cheaper."""
    from components.readers.formats import find_format  # only here: it loads pyarrow

    reader = find_format(path, format, dialect)
    return sum(batch.num_rows for batch in reader.read_batches(path, reader.name_columns(path)[:1]))
