"""A data file: whether it is one, its bytes, and its text, for all formats; none opens one in another way."""

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect

BLOCK = 1 << 22  # bytes
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}


def is_shown(path: str) -> bool:
    """Whether a file may be data: hidden ones, READMEs and what begins with `_` are not."""
    return not os.path.basename(path).startswith((".", "_", "README"))


def is_partition(folder: str) -> bool:
    """Whether a folder is named like a column and its value: region=a."""
    return os.path.basename(folder).find("=") > 0


@contextlib.contextmanager
def open_bytes(path: str) -> Iterator[BinaryIO]:
    """Open a data file, and raise DataRejected where it cannot be read."""
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        what = f"The file cannot be read ({error.strerror or error})."
        raise DataRejected(what, path, "Correct it, or data.path.") from None


def find_compression(path: str) -> str | None:
    """Return how a file is compressed, as its name says."""
    return COMPRESSIONS.get(os.path.splitext(path)[1].lower())


def strip_compression(path: str) -> str:
    """Return the name without what says how the file is compressed."""
    return os.path.splitext(path)[0] if find_compression(path) else path


@contextlib.contextmanager
def open_content(path: str, dialect: Dialect = PLAIN) -> Iterator[BinaryIO]:
    """Open a data file uncompressed, as its dialect or else its name says; raise DataRejected where that fails."""
    kind = dialect.compression or find_compression(path)
    with open_bytes(path) as file:
        if kind is None:
            yield file
            return
        import pyarrow as pa  # only here, since Arrow takes a while to load

        stream: Any = pa.CompressedInputStream(pa.PythonFile(file, "r"), kind)
        with io.BufferedReader(stream, BLOCK) as content:
            yield content


@contextlib.contextmanager
def open_text(path: str, dialect: Dialect = PLAIN) -> Iterator[TextIO]:
    """Open a data file as text whose newlines are as they came; raise DataRejected at what is not of its encoding."""
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    try:
        with open_content(path, dialect) as file, io.TextIOWrapper(file, encoding, newline="") as text:
            yield text
    except UnicodeError as error:
        if dialect.encoding == "utf-8":
            require_text(path, dialect)
        raise DataRejected(f"The file is not {dialect.encoding}: {error}.", path, "Correct data.encoding.") from None


def require_text(path: str, dialect: Dialect = PLAIN) -> None:
    """Raise DataRejected at the first byte of a file that is no text."""
    if dialect.encoding != "utf-8":
        raise DataRejected("The file holds a NUL, which is not text.", path, "Correct data.encoding.")
    offset = 0
    with open_content(path, dialect) as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                what = f"Byte {offset + error.start:,} of the file (0x{line[error.start]:02x}) is not UTF-8."
                remedy = "Save the file as UTF-8. Another encoding can be said by data.encoding, such as cp1252."
                raise DataRejected(what, f"{path}:{row}", remedy) from None
            if b"\0" in line:
                what = f"Byte {offset + line.index(0):,} of the file is NUL, which is not text."
                raise DataRejected(what, f"{path}:{row}", "Save the file as UTF-8 text, without NUL.")
            offset += len(line)
