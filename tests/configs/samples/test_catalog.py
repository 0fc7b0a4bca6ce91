import csv
import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.repository import ROOT
from configs.samples import datasets
from configs.samples.catalog import SAMPLES, resolve

ROWS = {"digits": 1797, "breast_cancer": 569, "wine": 178, "diabetes": 442, "line": 100, "series": 4 * 365}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that samples are written below."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(f.relative_to(folder)).encode() + f.read_bytes() for f in files)).hexdigest()


def test_the_taxi_sample_holds_every_column_of_its_yaml() -> None:
    with resolve("sample://taxi").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        assert sum(1 for _ in rows) == 15002
    assert set(load(ROOT / "configs/taxi.yaml").columns) <= set(header)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_there(name: str, cache: Path) -> None:
    found = resolve(f"sample://{name}")
    assert found.is_file() or any(found.iterdir())
    assert resolve(f"sample://{name}") == found
    assert name not in datasets.MAKERS or [path.name for path in found.parent.iterdir()] == [name]


@pytest.mark.parametrize("name", ROWS)
def test_a_table_has_as_many_rows_as_it_is_known_for(name: str, cache: Path) -> None:
    [file] = resolve(f"sample://{name}").iterdir()
    header, *rows = csv.reader(file.open(newline=""))
    assert len(rows) == ROWS[name]
    assert {len(row) for row in rows} == {len(header)}


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


def test_a_sample_that_cannot_be_written_says_what_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="the sample 'line' cannot be written") as told:
        resolve("sample://line")
    assert told.value.remedy == "Let XDG_CACHE_HOME name a folder that can be written."


def test_another_path_stays() -> None:
    assert resolve("/data/*.csv") == Path("/data/*.csv")


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(ConfigError) as told:
        resolve("sample://taxy")
    assert told.value.what == "unknown sample 'taxy'"
    assert told.value.remedy == f"Known samples: {', '.join(SAMPLES)}. Did you mean 'taxi'?"
