"""What a span holds, or all data where there are none: by it a run knows what it has seen, a schedule what is new."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.readers import spans
from components.readers.files import digest_files, find_data, list_files, list_parts
from components.readers.formats import find_format
from configs.schema.data import Data
from configs.schema.dialect import Dialect

ALL = "all"  # the name of data that has no spans


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


def find_portions(data: Data, seen: Sequence[int]) -> dict[str, Found]:
    """Return what there is of interest to a schedule, by the span's number, oldest first.

    That is each complete span that a run would take now, or that is newer than all that were `seen`. Raises
    DataRejected where there is none.
    """
    base, pattern = find_data(data.path)
    taken = spans.choose(base, pattern, data.span, data.spans, data.marker, data.settle_seconds)
    if None in taken:
        return {ALL: Found(base, list_files(base, pattern, data.format), data)}
    there = spans.choose(base, pattern, data.span, None, data.marker, data.settle_seconds, every=True)
    newest = max(seen or filter(None, taken), default=0)  # without any, what there was before is no news
    chosen = {number: part for number, part in there.items() if number in taken or (number or 0) > newest}
    return {str(number): Found(base, list_files(base, part, data.format), data) for number, part in chosen.items()}


def digest_portion(base: str, files: Sequence[str], format: str, dialect: Dialect) -> str:
    """Return the digest of the content of data files and of their names."""
    return digest_files(base, list_parts(files, format, dialect))


def count_rows(path: str, format: str, dialect: Dialect) -> int:
    """Return how many rows a data file has, read by a column alone where that is cheaper."""
    reader = find_format(path, format, dialect)
    return sum(batch.num_rows for batch in reader.read_batches(path, reader.name_columns(path)[:1]))
