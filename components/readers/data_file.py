"""A data file: whether it is one, its bytes, and its text, for all formats; none opens one in another way."""

import contextlib
import io
import os
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from configs.errors import DataRejected

BLOCK = 1 << 22  # bytes


def is_shown(path: str) -> bool:
    """Whether a file may be data: hidden ones, READMEs and what begins with `_` are not."""
    return not os.path.basename(path).startswith((".", "_", "README"))


@contextlib.contextmanager
def open_bytes(path: str) -> Iterator[BinaryIO]:
    """Open a data file, and raise DataRejected where it cannot be read."""
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        what = f"The file cannot be read ({error.strerror or error})."
        raise DataRejected(what, path, "Correct it, or data.path.") from None


@contextlib.contextmanager
def open_text(path: str) -> Iterator[TextIO]:
    """Open a data file as text whose newlines are as they came; raise DataRejected at what is not UTF-8."""
    try:
        with open_bytes(path) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
            yield text
    except UnicodeDecodeError:
        require_text(path)
        raise


def require_text(path: str) -> None:
    """Raise DataRejected at the first byte of a file that is no text."""
    offset = 0
    with open_bytes(path) as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                what = f"Byte {offset + error.start:,} of the file (0x{line[error.start]:02x}) is not UTF-8."
                raise DataRejected(what, f"{path}:{row}", "Save the file as UTF-8.") from None
            if b"\0" in line:
                what = f"Byte {offset + line.index(0):,} of the file is NUL, which is not text."
                raise DataRejected(what, f"{path}:{row}", "Save the file as UTF-8 text, without NUL.")
            offset += len(line)
