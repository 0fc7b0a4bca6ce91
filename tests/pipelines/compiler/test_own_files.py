"""What a config names of its user's own files, and what becomes of it in an image."""

import os
from pathlib import Path

import pytest

from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.compiler import own_files
from pipelines.compiler.own_files import OwnFiles, Place, list_files, refuse_more
from tests.configs.conftest import MINIMAL


def place(folder: Path, *names: str) -> list[Path]:
    """Writes files, each of which holds its name."""
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return paths


def find(folder: Path, data: str) -> list[Path]:
    (folder / "file.yaml").write_text(MINIMAL.replace("{format: csv, path: rows.csv}", data))
    return list_files("data", "path", load(folder / "file.yaml"))


def test_a_config_of_the_repository_keeps_its_place_and_another_is_in_a_folder_of_its_own(tmp_path):
    assert Place.of(str(ROOT / "configs/taxi.yaml")).rename(ROOT / "configs/taxi.yaml") == "configs/taxi.yaml"
    other = Place.of(str(tmp_path / "churn.yaml"))
    assert other.rename(tmp_path / "data/rows.csv") == "own/data/rows.csv"
    assert other.holds(str(tmp_path / "data/rows.csv"))
    assert not other.holds(str(tmp_path.parent / "rows.csv"))


def test_the_data_is_a_file_a_folder_a_pattern_or_spans(tmp_path):
    days = place(tmp_path, "day-1/a.csv", "day-2/a.csv", "day-2/b.csv")
    place(tmp_path, "day-2/.hidden.csv", "day-2/README.md", "other.txt")
    assert find(tmp_path, "{format: csv, path: day-1/a.csv}") == days[:1]
    assert find(tmp_path, "{format: csv, path: day-2}") == days[1:]
    assert find(tmp_path, "{format: csv, path: day-?/a.csv}") == days[:2]
    assert find(tmp_path, '{format: csv, path: "day-{SPAN}/*"}') == days
    with pytest.raises(DataRejected, match="There is no such file"):
        find(tmp_path, "{format: csv, path: absent.csv}")


def test_nothing_else_of_the_folder_of_the_data_comes_along(tmp_path):
    place(tmp_path, "data/rows.csv", "data/secret.pem")
    with pytest.raises(DataRejected, match="This is in the data folder but is not a .csv") as refused:
        find(tmp_path, "{format: csv, path: data}")
    assert refused.value.where == str(tmp_path / "data/secret.pem")


def test_images_come_along_by_their_folders(tmp_path):
    pictures = place(tmp_path, "pets/cats/1.png", "pets/dogs/2.png")
    assert find(tmp_path, "{format: images, path: pets}") == pictures


def test_a_digest_is_that_of_names_and_bytes(tmp_path):
    [path] = place(tmp_path, "rows.csv")
    digests = [OwnFiles({}).digest, OwnFiles({"a": path}).digest, OwnFiles({"b": path}).digest]
    path.write_text("other")
    digests.append(OwnFiles({"a": path}).digest)
    assert digests[0] == ""
    assert len(set(digests)) == 4


def test_what_is_gathered_is_for_anybody_to_read_and_nothing_else(tmp_path):
    [secret] = place(tmp_path, "data/rows.csv")
    secret.chmod(0o600)
    place(tmp_path, "data/secret.env")
    with OwnFiles({"own/data/rows.csv": secret}).gathered() as folder:
        found = [path for path in folder.rglob("*") if path.is_file()]
        assert [str(path.relative_to(folder)) for path in found] == ["own/data/rows.csv"]
        assert (found[0].read_text(), found[0].stat().st_mode & 0o777) == ("rows.csv", 0o644)
        assert os.stat(folder).st_mode & 0o777 == 0o755
    assert not folder.exists()


def test_more_than_an_image_should_hold_is_refused(tmp_path, monkeypatch):
    [path] = place(tmp_path, "rows.csv")
    monkeypatch.setattr(own_files, "LARGEST", 7)
    with pytest.raises(ConfigError, match="names 8 bytes of files, and an image takes 7 along"):
        refuse_more(OwnFiles({"rows.csv": path}), "x.yaml")
