import csv
import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from configs.samples import datasets
from configs.samples.catalog import resolve

ROWS = {"digits": 1797, "breast_cancer": 569, "wine": 178, "diabetes": 442, "line": 100, "series": 4 * 365} | {
    "customers": 2000,
    "signals": 3000,
}


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(f.relative_to(folder)).encode() + f.read_bytes() for f in files)).hexdigest()


@pytest.mark.parametrize("name", ROWS)
def test_a_table_has_as_many_rows_as_it_is_known_for(name: str, cache: Path) -> None:
    [file] = resolve(f"sample://{name}").iterdir()
    header, *rows = csv.reader(file.open(newline=""))
    assert len(rows) == ROWS[name]
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.slow
@pytest.mark.parametrize("name", datasets.MAKERS)
def test_a_sample_is_the_same_each_time(name: str, tmp_path: Path) -> None:
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        datasets.MAKERS[name](folder)
    assert digest(tmp_path / "first") == digest(tmp_path / "second")


def test_a_digit_is_the_same_in_its_image_and_in_its_columns(cache: Path) -> None:
    [table] = resolve("sample://digits").iterdir()
    *pixels, digit = list(csv.reader(table.open(newline="")))[1 + 17]
    images = resolve("sample://digits_images")
    assert sorted(folder.name for folder in images.iterdir()) == [str(number) for number in range(10)]
    png = (images / digit / "0017.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (8, 8)
    start = png.index(b"IDAT") + 4
    rows = zlib.decompress(png[start : start + struct.unpack(">I", png[start - 8 : start - 4])[0]])
    grey = [value for row in range(8) for value in rows[row * 9 + 1 : row * 9 + 9]]
    assert grey == [round(int(pixel) * 255 / 16) for pixel in pixels]
