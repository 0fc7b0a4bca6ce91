"""What a file of rows looks like: its columns, and what their cells hold. Large data is looked at here and there."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.readers.formats import find_format
from components.validation import validate
from components.validation.cast import number_combinations, to_doubles, to_text
from components.validation.column_types import Role
from configs.schema.dialect import PLAIN, Dialect

TRIED = 5_000  # values at most, where one is slow to try
MOST = 1 << 26  # bytes of text that are read in full


class Anything(frozenset[str]):
    """A set that every name is in."""

    def __contains__(self, name: object) -> bool:
        return True


ANY = Anything()


@dataclass(frozen=True)
class Column:
    """One column: its cells, and each value that occurs, the most frequent first."""

    name: str
    cells: pa.ChunkedArray
    values: pa.Array  # of the column's own type, without missing ones
    counts: np.ndarray

    @cached_property
    def texts(self) -> pa.Array:
        """The values as text."""
        return to_text(self.values)

    @cached_property
    def is_single(self) -> bool:
        """Whether a cell holds one value, and not a list or such, or bytes that are no text."""
        kind = self.cells.type
        return not pa.types.is_nested(kind) and not pa.types.is_duration(kind) and not self.is_bytes

    @cached_property
    def is_bytes(self) -> bool:
        """Whether a cell holds bytes that are no text, as those of a picture."""
        kind = self.cells.type
        if not pa.types.is_binary(kind) and not pa.types.is_large_binary(kind):
            return bool(pa.types.is_fixed_size_binary(kind))
        with suppress(pa.ArrowInvalid):
            self.cells.cast(pa.string())
            return False
        return True

    @property
    def rows(self) -> int:
        return len(self.cells)

    @property
    def missing(self) -> int:
        return self.rows - int(self.counts.sum())

    @cached_property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers, and none is spelled like a code (007)."""
        if pa.types.is_floating(self.values.type) or pa.types.is_boolean(self.values.type):
            return False
        return self._all(r"^\s*[+-]?\d{1,18}\s*$") and not self._any(r"^\s*[+-]?0\d")

    @property
    def is_number(self) -> bool:
        """Whether a numeric feature takes all values, and none is spelled like a code."""
        return len(self.numbers) > 0 and not self._any(r"^\s*[+-]?0\d")

    @cached_property
    def numbers(self) -> np.ndarray:
        """The values as numbers, float64; none of them where one is no number."""
        if not pa.types.is_boolean(self.values.type) and not pa.types.is_temporal(self.values.type):
            with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
                return to_doubles(self.values).to_numpy(zero_copy_only=False)
        return np.zeros(0)

    def fits(self, kind: str, format: str | None = None) -> bool:
        """Whether a feature of this kind takes the values."""
        try:
            self.convert(kind, format)
        except pa.ArrowInvalid:
            return False
        return True

    def convert(self, kind: str, format: str | None = None) -> np.ndarray:
        """Returns the values, as a feature of this kind reads them; of many, some spread evenly."""
        tried = self.values.take(pa.array(np.unique(np.linspace(0, len(self.values) - 1, TRIED, dtype=int))))
        return Role(kind, self.name, format=format).convert(tried).to_numpy(zero_copy_only=False)

    def codes(self) -> np.ndarray:
        """Returns a number for each cell, the same for the same value, -1 for a missing one."""
        if not len(self.values):
            return np.full(self.rows, -1)
        indices = pc.index_in(self.cells, value_set=self.values).to_numpy()
        return np.nan_to_num(indices, nan=-1).astype(np.int64)

    def _all(self, pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(self.texts, pattern)).as_py())

    def _any(self, pattern: str) -> bool:
        return bool(pc.any(pc.match_substring_regex(self.texts, pattern)).as_py())


@dataclass(frozen=True)
class Profile:
    """The columns of some files by name, and how many rows there are: about, where not all were read."""

    columns: dict[str, Column]
    rows: int
    read: int

    @property
    def is_whole(self) -> bool:
        return self.read == self.rows

    def number(self, names: Iterable[str]) -> np.ndarray:
        """Returns a number for each row, the same where it has the same in all these columns."""
        return number_combinations((self.columns[name].codes() for name in names), self.read)


def profile_files(files: Sequence[str], format: str, dialect: Dialect = PLAIN, most: int = MOST) -> Profile:
    """Returns the profile of files of one format, of `most` bytes of them in pieces spread evenly where they hold more.

    Raises DataRejected where a file cannot be read.
    """
    readers = [find_format(path, format, dialect) for path in files]
    size = sum(reader.measure_text(path) for path, reader in zip(files, readers, strict=True))
    share = min(1.0, most / max(1, size))
    batches: list[pa.RecordBatch] = []
    for path, reader in zip(files, readers, strict=True):
        if share == 1:
            validate.check_file(path, format, {}, files[0], dialect)
            batches += reader.read_batches(path, None, ANY)
        else:
            batches += reader.sample_batches(path, share, ANY)
    read = sum(len(batch) for batch in batches)
    if not read:
        raise readers[0].refuse_emptiness(files[0])
    names = dict.fromkeys(name for batch in batches for name in batch.schema.names)
    columns = {name: describe(name, _join(batches, name)) for name in names}
    return Profile(columns, read if share == 1 else round(read / share), read)


def describe(name: str, cells: pa.ChunkedArray) -> Column:
    """Returns a column with its values counted."""
    empty = Column(name, cells, pa.array([], pa.string()), np.zeros(0, int))
    if pa.types.is_null(cells.type) or not empty.is_single:
        return empty
    counted = cells.value_counts()
    values, counts = counted.field(0), counted.field(1).to_numpy()
    held = values.is_valid()
    values, counts = values.filter(held), counts[held.to_numpy(zero_copy_only=False)]
    order = np.argsort(-counts, kind="stable")
    return Column(name, cells, values.take(pa.array(order)), counts[order])


def _join(batches: Sequence[pa.RecordBatch], name: str) -> pa.ChunkedArray:
    arrays = []
    for batch in batches:
        index = batch.schema.get_field_index(name)
        array = pa.nulls(len(batch), pa.string()) if index < 0 else batch.column(index)
        arrays.append(array.dictionary_decode() if pa.types.is_dictionary(array.type) else array)
    kinds = {array.type for array in arrays}
    nested = next(filter(pa.types.is_nested, kinds), None)
    if len(kinds) > 1 and nested:  # of TFRecords that hold one value each, and others of several
        arrays = [pa.array(list(map(_wrap, array.to_pylist())), nested) for array in arrays]
    elif len(kinds) > 1:
        arrays = [to_text(array) for array in arrays]
    return pa.chunked_array(arrays)


def _wrap(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, list | dict) else [cell]
