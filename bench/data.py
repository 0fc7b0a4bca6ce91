"""The rows: one part held out by a hash, the rest to train on, as often over as a size says."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.samples import catalog

LABEL = "big_tipper"
HELD_OUT = 5  # one row in so many


@dataclass(frozen=True)
class Files:
    """Where the rows lie: by size those to train on, each file alone in a folder, and those held out."""

    train: Mapping[int, Path]
    rows: Mapping[int, int]
    heldout: Path


def split(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the rows to train on and those held out; the same row always goes the same way."""
    held = [zlib.crc32(line.encode()) % HELD_OUT == 0 for line in lines]
    return (
        [line for line, out in zip(lines, held, strict=True) if not out],
        [line for line, out in zip(lines, held, strict=True) if out],
    )


def write(folder: Path, sizes: Sequence[int]) -> Files:
    """Writes a file for each size, and the one held out, into a folder."""
    header, *lines = catalog.resolve("sample://taxi").read_text(encoding="utf-8").splitlines()
    train, heldout = split(lines)
    files = {size: folder / f"train-{size}" / "rows.csv" for size in sizes}
    for size, path in files.items():
        path.parent.mkdir()
        _write(path, header, train * size)
    _write(folder / "heldout.csv", header, heldout)
    return Files(files, {size: len(train) * size for size in sizes}, folder / "heldout.csv")


def _write(path: Path, header: str, lines: Sequence[str]) -> None:
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
