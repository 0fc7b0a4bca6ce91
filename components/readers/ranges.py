"""Where large files are cut, so that several workers may read one: behind records, or between groups of rows."""

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from components.readers.data_file import BLOCK, open_bytes

SHARD = 1 << 26  # bytes of what one worker reads at least, where there is so much; and less than twice as many


@dataclass(frozen=True)
class Range:
    """The part of a file from `start` on, before `stop`: bytes of text, groups of Parquet; all of it without a stop."""

    path: str
    start: int = 0
    stop: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the file."""
        return self.stop is None


def count_cuts(size: int) -> int:
    """Return into how many ranges so many bytes are cut, each of SHARD to twice that."""
    return max(1, size // SHARD)


def pack(ranges: Iterable[tuple[Range, int]]) -> Iterator[list[Range]]:
    """Yield ranges that follow each other, with the bytes of each, as lists of SHARD bytes or a little more."""
    held: list[Range] = []
    total = 0
    for each, size in ranges:
        if held and total + size >= 2 * SHARD:
            yield held
            held, total = [], 0
        held.append(each)
        total += size
        if total >= SHARD:
            yield held
            held, total = [], 0
    if held:
        yield held


def find_ends(path: str, quote: str) -> list[int]:
    """Return where a text file ends and may be cut before, into ranges of about equal size.

    That is behind newlines that stand in no quotes: an even number of these lies before them.
    """
    size, sign = os.path.getsize(path), quote.encode()
    cuts = count_cuts(size)
    ends: list[int] = []
    with open_bytes(path) as file:
        place, inside = 0, 0
        for block in iter(partial(file.read, BLOCK), b""):
            seen = 0
            while len(ends) < cuts - 1 and place + len(block) > (wanted := size * (len(ends) + 1) // cuts):
                start = max(seen, wanted - place)
                newline = block.find(b"\n", start)
                after = newline + 1 or len(block)
                inside ^= count_quotes(block, sign, seen, after)
                seen = after
                if newline < 0:
                    break
                if not inside:
                    ends.append(place + after)
            inside ^= count_quotes(block, sign, seen, len(block))
            place += len(block)
    return [*ends, size]


def count_quotes(block: bytes, sign: bytes, start: int, stop: int) -> int:
    """Return 1 where an odd number of quotes stand in a part of a block."""
    return block.count(sign, start, stop) % 2 if sign else 0


class Section(io.RawIOBase):
    """The bytes of a file in a range, as a file."""

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        self.file, self.left = file, stop - start
        file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill a buffer as far as the range goes."""
        block = self.file.read(min(len(buffer), self.left))
        buffer[: len(block)] = block
        self.left -= len(block)
        return len(block)
