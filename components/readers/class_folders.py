"""Images and texts, a folder or a file for each class.

A file in the folder of a class is a row: its `image` or `text`, its `file`, and its `label`, the name of the folder.
So is a line of a text file by itself; its `label` is the name of the file without the suffix.
"""

import os
from collections.abc import Collection, Iterator

import pyarrow as pa

from components.readers.data_file import BLOCK, is_shown, open_bytes, open_text
from components.readers.delimited import Csv, split_rows
from components.readers.file_format import Batches, FileFormat, Names, TextFormat
from components.readers.row_batch import Batch, Fault, Row
from components.readers.suffixes import ITEMS, SUFFIXES
from configs.errors import DataRejected


class ClassFolder(FileFormat):
    """The folder of a class, whose files are rows; what they hold is the column of the name `title`."""

    is_table = False

    def read_item(self, path: str) -> str | bytes:
        """Return what a file holds."""
        with open_bytes(path) as file:
            return file.read()

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        items, label, held, start = self.list_items(path), os.path.basename(path), [], 0
        for end, item in enumerate(items, 1):
            held.append(self.read_item(item))
            if end == len(items) or sum(map(len, held)) > BLOCK:
                files = [os.path.relpath(item, os.path.dirname(path)) for item in items[start:end]]
                cells = [pa.array(held), pa.array([label] * len(held)), pa.array(files)]
                yield pa.RecordBatch.from_arrays(cells, [self.title, "label", "file"])
                held, start = [], end

    def list_items(self, folder: str) -> list[str]:
        """Return the files in the folder, in order; raise DataRejected for one that is of another kind."""
        paths = (os.path.join(root, name) for root, _, names in os.walk(folder) for name in names)
        items = sorted(path for path in paths if is_shown(path))
        stray = next((path for path in items if not path.lower().endswith(self.items)), None)
        if stray:
            what = f"This is in the folder of a class but is not a {' or '.join(self.items)} file."
            raise DataRejected(what, stray, "Move it, or let its name begin with `_`.")
        return items

    def list_parts(self, path: str) -> list[str]:
        return self.list_items(path) if os.path.isdir(path) else [path]

    def locate(self, path: str, index: int) -> str:
        return self.list_items(path)[index]

    def require_content(self, path: str) -> None:
        if not self.list_items(path):
            raise DataRejected("The folder is empty.", path, "Fill it, or take it away.")


class Images(ClassFolder):
    """Images as the bytes of their files; in a table, the names of the files."""

    title = "image"
    suffixes = SUFFIXES["images"]
    scored = items = ITEMS["images"]

    def choose(self, path: str) -> FileFormat:
        return self if os.path.isdir(path) else Csv(self.dialect)

    def read_item(self, path: str) -> str | bytes:
        if not os.path.getsize(path):  # which as a cell would be a missing value
            raise DataRejected("The file of an image is empty.", path, "Take it away, or put the image there.")
        return super().read_item(path)

    def read_rows(self, path: str) -> Iterator[Batch]:
        """Yield the row that an image by itself is: its name stands for it."""
        yield Batch(path, ["image"], [1], pa.RecordBatch.from_arrays([pa.array([path])], ["image"]))

    def list_parts(self, path: str) -> list[str]:
        if os.path.isdir(path):
            return super().list_parts(path)
        rows = [cells for _, _, cells in split_rows(path, self.dialect) if not isinstance(cells, Fault)]
        named = {cell for cells in rows for cell in cells if cell.lower().endswith(self.items)}
        return [path, *sorted(filter(os.path.lexists, (os.path.join(os.path.dirname(path), name) for name in named)))]

    def find_folder(self, path: str) -> str | None:
        return os.path.dirname(path)


class Texts(ClassFolder):
    """Texts, a file each."""

    title = "text"
    suffixes, items = SUFFIXES["text"], ITEMS["text"]

    def choose(self, path: str) -> FileFormat:
        return self if os.path.isdir(path) else TextLines(self.dialect)

    def read_rows(self, path: str) -> Iterator[Batch]:
        """Yield the row that a text by itself is."""
        cells = {"text": self.read_item(path), "file": os.path.basename(path)}
        rows = pa.RecordBatch.from_arrays([pa.array([cell]) for cell in cells.values()], list(cells))
        yield Batch(path, list(cells), [1], rows)

    def read_item(self, path: str) -> str:
        with open_text(path, self.dialect) as file:
            return file.read()


class TextLines(TextFormat):
    """Texts, a line each that is not blank."""

    title = "text"
    is_table = False

    def parse_rows(self, path: str) -> Iterator[Row | Fault]:
        label = os.path.basename(path).removesuffix(".txt")
        with open_text(path, self.dialect) as file:
            for number, line in enumerate(file, 1):
                if text := line.strip():
                    yield number, {"text": text, "label": label}, len(text)
