"""Data in a bucket: names that are copied at once, contents that are fetched when they are asked for."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from components.readers.files import find_data, list_files, list_parts, open_data
from components.readers.spans import Choice, choose, list_data
from components.readers.store_copy import CONTENTS, find_change, refresh
from configs.copies import copied_data, locate_data
from configs.errors import DataRejected, MillraceError
from configs.schema.data import Data
from configs.schema.dialect import PLAIN
from tests.fakes import bucket

pytestmark = pytest.mark.slow  # a server of moto's is started


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with bucket.serve() as files:
        yield files


@pytest.fixture
def trips(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bucket, with two days of trips."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bucket.empty(server)
    for day in (1, 2):
        server.pipe_file(f"models/trips/2026-11-0{day}/a.csv", f"fare\n{day}\n".encode())
    return server


def count_contents() -> int:
    """Returns how many contents lie on this machine."""
    place = copied_data() / CONTENTS
    return len(os.listdir(place)) if place.exists() else 0


def test_the_store_is_not_asked_where_data_would_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    root = copied_data()
    assert find_data("s3://b/trips/a.csv.gz") == (str(root / "s3/b/trips"), "a.csv.gz")
    assert find_data("gs://b/trips") == (str(root / "gs/b/trips"), "*")
    assert find_data("gs://b/all.parquet/") == (str(root / "gs/b/all.parquet"), "*")
    assert find_data("s3://b/trips/{YYYY}-{MM}-{DD}/*.csv") == (str(root / "s3/b/trips"), "{YYYY}-{MM}-{DD}/*.csv")


def test_only_the_span_that_is_taken_is_fetched(trips: Any) -> None:
    data = Data(format="csv", path="s3://models/trips/{YYYY}-{MM}-{DD}/*.csv")
    [path] = list_data(data)
    assert Path(path).read_text() == "fare\n2\n"
    assert path == locate_data("s3://models/trips/2026-11-02/a.csv")
    assert count_contents() == 1
    assert not Path(path.replace("-02/", "-01/")).exists()  # its name is there


def test_a_content_is_fetched_once_and_again_when_it_has_changed(trips: Any) -> None:
    url = "s3://models/trips/2026-11-01/a.csv"
    [path] = list_files(*open_data(url))
    first = os.stat(path)
    [path] = list_files(*open_data(url))
    assert os.stat(path) == first
    trips.pipe_file(url, b"fare\n7\n")
    [path] = list_files(*open_data(url))
    assert Path(path).read_text() == "fare\n7\n"
    assert count_contents() == 1  # what it was is gone


def test_what_is_gone_from_the_store_is_gone_from_the_copy(trips: Any) -> None:
    base, pattern = open_data("s3://models/trips/*/*.csv")
    assert len(list_files(base, pattern)) == 2
    trips.rm("models/trips/2026-11-01/a.csv")
    assert len(list_files(*open_data("s3://models/trips/*/*.csv"))) == 1


def test_a_marker_and_a_time_of_change_are_those_of_the_store(trips: Any) -> None:
    trips.pipe_file("models/trips/2026-11-01/_SUCCESS", b"")
    base, pattern = open_data("s3://models/trips/{YYYY}-{MM}-{DD}/*.csv")
    assert [span.name for span in choose(base, pattern, Choice(marker="_SUCCESS")).spans] == ["2026-11-01"]
    with pytest.raises(DataRejected, match="No span is complete"):
        choose(base, pattern, Choice(settle=3600.0))
    stored = trips.info("models/trips/2026-11-02/a.csv")["LastModified"].timestamp()
    assert os.lstat(locate_data("s3://models/trips/2026-11-02/a.csv")).st_mtime == stored


def test_a_table_of_images_brings_those_that_it_names(trips: Any) -> None:
    trips.pipe(
        {"models/pets/all.csv": b"image,kind\na.png,cat\n", "models/pets/a.png": b"A", "models/pets/b.png": b"B"}
    )
    files = list_files(*open_data("s3://models/pets/"), format="images")
    assert [os.path.basename(path) for path in list_parts(files, "images", PLAIN)] == ["all.csv", "a.png"]
    assert count_contents() == 2


def test_what_is_not_there_is_named_by_its_url(trips: Any) -> None:
    with pytest.raises(DataRejected, match=r"There is no such file\.") as error:
        list_files(*open_data("s3://models/trips/absent.csv"))
    assert error.value.where == "s3://models/trips/absent.csv"
    with pytest.raises(MillraceError, match="The store is not there") as absent:
        refresh(locate_data("s3://nowhere/trips"))
    assert absent.value.remedy == "Create the bucket, or correct data.path."


def test_the_folder_of_another_user_is_not_trusted(trips: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    copied_data().mkdir()
    os.chown(copied_data(), 12345, -1)
    with pytest.raises(MillraceError, match="another user's"):
        open_data("s3://models/trips/")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"LastModified": datetime(2026, 11, 1, tzinfo=timezone.utc)}, 1793491200.0),
        ({"updated": "2026-11-01T00:00:00.000Z"}, 1793491200.0),
        ({"mtime": 12.5}, 12.5),
        ({"size": 3}, 0.0),
    ],
)
def test_a_time_of_change_is_read_as_stores_tell_it(told: dict[str, Any], seconds: float) -> None:
    assert find_change(told) == seconds
