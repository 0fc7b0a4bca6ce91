"""Images and texts, a folder or a file for each class, read into Arrow batches.

A file in the folder of a class is a row: its `image` or `text`, its `file`, and its `label`, the name of the folder.
So is a line of a text file by itself; its `label` is the name of the file without the suffix.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from components.readers.files import list_items, open_bytes
from configs.errors import DataRejected

BLOCK = 1 << 22  # bytes


def read_images(path: str, columns: Sequence[str] | None, lists: Collection[str]) -> Iterator[pa.RecordBatch]:
    """Yield the images in a folder, as the bytes of their files."""
    yield from _gather_items("image", path, list_items(path, "images"), columns)


def read_texts(path: str, columns: Sequence[str] | None, lists: Collection[str]) -> Iterator[pa.RecordBatch]:
    """Yield the texts in a folder."""
    yield from _gather_items("text", path, list_items(path, "text"), columns)


def _gather_items(
    name: str, folder: str, items: Sequence[str], columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Yield a row a file, some megabytes at a time; one batch at least."""
    label, contents, start = os.path.basename(folder), [], 0
    for end, path in enumerate(items, 1):
        with open_bytes(path) as file:
            contents.append(_decode(file.read(), path) if name == "text" else file.read())
        if end == len(items) or sum(map(len, contents)) > BLOCK:
            files = [os.path.relpath(item, os.path.dirname(folder)) for item in items[start:end]]
            cells = {name: pa.array(contents), "label": pa.array([label] * len(contents)), "file": pa.array(files)}
            yield _choose(cells, columns)
            contents, start = [], end


def read_lines(path: str, columns: Sequence[str] | None, lists: Collection[str]) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a text file that are not blank."""
    label = os.path.basename(path).removesuffix(".txt")
    with open_bytes(path) as file:
        while lines := file.readlines(BLOCK):
            texts = [_decode(line, path).strip() for line in lines if line.strip()]
            yield _choose({"text": pa.array(texts, pa.string()), "label": pa.array([label] * len(texts))}, columns)


def _choose(cells: Mapping[str, pa.Array], columns: Sequence[str] | None) -> pa.RecordBatch:
    names = list(cells if columns is None else columns)
    return pa.RecordBatch.from_arrays([cells[name] for name in names], names)


def _decode(text: bytes, path: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"Byte {error.start:,} of the text (0x{text[error.start]:02x}) is not UTF-8."
        raise DataRejected(what, path, "Save the file as UTF-8.") from None
