"""What a format of data files is: how its rows are read, for training and for scoring, and how they are counted."""

import contextlib
import io
import os
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.readers.content_kind import recognise
from components.readers.data_file import BLOCK, open_bytes, open_content, strip_compression
from components.readers.partitions import add_columns, find_partitions, list_folders
from components.readers.ranges import Range
from components.readers.row_batch import Batch, Fault, Row, choose_columns, gather_rows, take_sound
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect

LONGEST = 100_000  # characters of a cell
HEAD = 4096  # bytes that tell what a file is
COMPRESSED = 5  # times the bytes of a compressed file a table has, about
PIECES = 16  # of a large file, which are looked at
Names = Sequence[str] | None
Batches = Iterator[pa.RecordBatch]


class FileFormat:
    """A format; one of its own says how batches are read, and whatever else is particular to it."""

    title: str  # in a sentence
    suffixes: tuple[str, ...]
    scored: tuple[str, ...] = ()  # suffixes of the files that can be scored
    items: tuple[str, ...] = ()  # suffixes of the files in the folder of a class, each of them a row
    part = "file"  # what names the columns, in a sentence
    is_table = True  # folders above a file may name columns
    is_uniform = True  # all files of a data set have the same columns in the same order

    def __init__(self, dialect: Dialect = PLAIN) -> None:
        self.dialect = dialect

    def speak(self, dialect: Dialect) -> "FileFormat":
        """Return what reads files that are written so."""
        return self if dialect == self.dialect else type(self)(dialect)

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        """Yield what `read_batches` does, and maybe other columns; raise an Arrow error or OSError, too."""
        raise NotImplementedError

    def iterate_range(self, part: Range, columns: Names) -> Batches:
        """Yield what `iterate_batches` does of the rows in a range that `cut` has made."""
        raise NotImplementedError

    def cut(self, path: str) -> list[tuple[Range, int]]:
        """Return ranges of a file that each can be read by itself, with their bytes; all of it where it is not large.

        One after the other they hold its rows in their order.
        """
        return [(Range(path), sum(map(os.path.getsize, filter(os.path.isfile, self.list_parts(path)))))]

    def read_batches(self, path: str, columns: Names = None, lists: Collection[str] = ()) -> Batches:
        """Yield the columns, all where none are named, of the rows in order; raise DataRejected at the first fault.

        Files of text have text, where a blank cell of CSV and what JSON lacks are null, others types of their own. Only
        cells of `lists` hold more than one value; of JSON lines they become the list's JSON.
        """
        yield from self.read_range(Range(path), columns, lists)

    def read_range(self, part: Range, columns: Names = None, lists: Collection[str] = ()) -> Batches:
        """Yield what `read_batches` does of the rows in a range; where it is not all of the file, a fault's row is not
        told.
        """
        with self.refusing(part.path):
            around = self.name_around(part.path)
            inside = [name for name in columns or () if name not in around] or None
            whole = part.is_whole
            batches = self.iterate_batches(part.path, inside, lists) if whole else self.iterate_range(part, inside)
            for batch in batches:
                added = add_columns(batch, around)
                yield choose_columns(added, columns or added.schema.names)

    def read_rows(self, path: str) -> Iterator[Batch]:
        """Yield the rows as they came, in one batch at least, and the faulty ones; raise DataRejected for the file."""
        self.read_header(path)
        end = 1
        for batch in self.read_batches(path):
            start, end = end, end + len(batch)
            yield Batch(path, batch.schema.names, range(start, end), batch, folder=os.path.dirname(path))

    def name_columns(self, path: str) -> list[str]:
        """Return the names of the columns; those that the first batch has, where nothing else tells."""
        return next((batch.schema.names for batch in self.iterate_batches(path, None, ())), [])

    def name_around(self, path: str) -> dict[str, str | None]:
        """Return the columns that the folders above a file name and that it has not itself, with their values."""
        found = find_partitions(path) if self.is_table else {}
        own = self.name_columns(path) if found else ()
        return {name: value for name, value in found.items() if name not in own}

    def read_header(self, path: str) -> list[str]:
        """Return the names of the columns; raise DataRejected where they cannot be read, or one is there twice."""
        self.require_content(path)
        with self.refusing(path):
            names, around = self.name_columns(path), self.name_around(path)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            what = f"The {self.part} has the column `{twice[0]}` more than once."
            raise DataRejected(what, self.place_header(path), "Rename or drop one.")
        return [*names, *around]

    def place_header(self, path: str) -> str:
        """Return where the columns are named."""
        return path if self.part == "file" else f"{path}:1"

    def locate(self, path: str, index: int) -> str:
        """Return the place of a row, counted from 0, as a person looks for it."""
        return f"{path}:{index + 1}"

    def check(self, path: str) -> None:
        """Raise DataRejected where something is wrong that Arrow would pass over."""

    def require_content(self, path: str) -> None:
        """Raise DataRejected unless there is something to be read."""
        with open_bytes(path) as file:
            if not file.read(1):
                raise DataRejected("The file is empty.", path, "Fill it, or take it away.")

    def refuse_emptiness(self, path: str) -> DataRejected:
        """Return what is said of a file without rows."""
        part = "columns" if self.part == "file" else f"a {self.part}"
        return DataRejected(f"The file has {part} but no rows.", path, "Fill it, or take it away.")

    def refuse(self, path: str, error: Exception) -> DataRejected:
        """Return what is said of a file that Arrow or the disk refuses."""
        if isinstance(error, OSError) and error.errno:
            return DataRejected(f"The file cannot be read ({os.strerror(error.errno)}).", path, "Correct it.")
        what = f"The file cannot be read as {self.title}: {str(error).splitlines()[0].rstrip('.:')}."
        return DataRejected(what, path, "Correct the file, or data.format.")

    @contextlib.contextmanager
    def refusing(self, path: str) -> Iterator[None]:
        """Turn what Arrow or the disk refuses into DataRejected."""
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise self.refuse(path, error) from error

    def choose(self, path: str) -> "FileFormat":
        """Return what reads a file of this format."""
        return self

    def list_parts(self, path: str) -> list[str]:
        """Return all files that a data file stands for."""
        return [path]

    def find_folder(self, path: str) -> str | None:
        """Return the folder that names of images in a data file are relative to; None where cells are no such names."""
        return None

    def measure_text(self, path: str) -> int:
        """Return about how many bytes of text a file holds."""
        return os.path.getsize(path)

    def sample_batches(self, path: str, share: float, lists: Collection[str] = ()) -> Batches:
        """Yield about this share of the rows: from here and there if the format can, else the first."""
        yield from islice(self.read_batches(path, None, lists), max(1, int(self.measure_text(path) * share) // BLOCK))


class TextFormat(FileFormat):
    """A format of text: its rows are numbered by their first lines, and a faulty one does not hide those after it."""

    def parse_rows(self, path: str) -> Iterator[Row | Fault]:
        """Yield every row as it came, or what is wrong with it."""
        raise NotImplementedError

    def require_content(self, path: str) -> None:
        super().require_content(path)
        with open_content(path, self.dialect) as file:
            head = file.read(HEAD)
        if found := recognise(head):
            kind, remedy = found
            raise DataRejected(f"This is {kind}, not {self.title}.", path, remedy)

    def read_rows(self, path: str) -> Iterator[Batch]:
        yield from gather_rows(path, self.parse_whole(path))

    def parse_whole(self, path: str) -> Iterator[Row | Fault]:
        """Yield what `parse_rows` does, with the columns that the folders name."""
        around = self.name_around(path)
        for row in self.parse_rows(path):
            yield row if isinstance(row, Fault) or not around else (row[0], {**row[1], **around}, row[2])

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        yield from (batch.table for batch in gather_rows(path, take_sound(self.parse_rows(path)), columns or ()))

    def locate(self, path: str, index: int) -> str:
        return f"{path}:{next(islice(take_sound(self.parse_rows(path)), index, None))[0]}"

    def measure_text(self, path: str) -> int:
        is_compressed = self.dialect.compression or strip_compression(path) != path
        return super().measure_text(path) * (COMPRESSED if is_compressed else 1)

    def sample_batches(self, path: str, share: float, lists: Collection[str] = ()) -> Batches:
        dialect = self.dialect
        if strip_compression(path) != path or dialect.compression or dialect.comment or "16" in dialect.encoding:
            yield from super().sample_batches(path, share, lists)
            return
        with tempfile.TemporaryDirectory() as folder, open_bytes(path) as file:
            thin = Path(folder, *list_folders(path), os.path.basename(path))
            thin.parent.mkdir(parents=True, exist_ok=True)
            with thin.open("wb") as pieces:
                pieces.write(file.readline())  # the header, of CSV
                first, size = file.tell(), file.seek(0, io.SEEK_END)
                for start in np.linspace(first, size, PIECES, endpoint=False, dtype=int).tolist():
                    file.seek(start - 1)
                    file.readline()  # what is left of a line that began before
                    pieces.writelines(file.readlines(int(size * share / PIECES)))
            try:
                batches = iter(list(self.read_batches(str(thin), None, lists)))
            except DataRejected:  # a piece began amid a quoted cell of several lines
                batches = super().sample_batches(path, share, lists)
            yield from batches
