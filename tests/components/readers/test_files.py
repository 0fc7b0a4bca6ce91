import os

import pytest

from components.readers import files
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN

ROWS = b"fare\n1\n"


def test_a_folder_gives_its_csv_files_in_order(tmp_path):
    for name in ("b.csv", "a.csv", ".DS_Store", "._a.csv", "_SUCCESS", "README.md"):
        (tmp_path / name).write_bytes(ROWS)
    assert files.list_files(str(tmp_path), files.FOLDER) == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


def test_a_stray_file_in_a_folder_is_refused_by_name_but_not_by_a_glob(tmp_path):
    (tmp_path / "a.csv").write_bytes(ROWS)
    stray = tmp_path / "notes.txt"
    stray.touch()
    with pytest.raises(DataRejected, match="not a .csv or .tsv file") as caught:
        files.list_files(str(tmp_path), files.FOLDER)
    assert caught.value.where == str(stray)
    assert files.list_files(str(tmp_path), "*.csv") == [str(tmp_path / "a.csv")]


@pytest.mark.parametrize(
    ("pattern", "what", "where"),
    [
        ("2024*.csv", "No file matches.", "2024*.csv"),
        ("a.csv", "There is no such file.", "a.csv"),
        (files.FOLDER, "The data folder holds no .csv or .tsv file.", ""),
    ],
)
def test_no_data_at_all_is_said_as_such(tmp_path, pattern, what, where):
    with pytest.raises(DataRejected) as caught:
        files.list_files(str(tmp_path), pattern)
    assert (caught.value.what, caught.value.where) == (what, str(tmp_path / where) if where else str(tmp_path))


@pytest.mark.parametrize(
    ("path", "near"),
    [("data/trian.csv", "train.csv"), ("dta/train.csv", "data"), ("data/odd1.csv", "odd[1].csv"), ("x/y.csv", None)],
)
def test_the_nearest_path_that_there_is_is_suggested(tmp_path, path, near):
    (tmp_path / "data").mkdir()
    for name in ("train.csv", "odd[1].csv"):
        (tmp_path / "data" / name).touch()
    with pytest.raises(DataRejected) as caught:
        files.list_files(*files.find_data(str(tmp_path / path)))
    assert caught.value.remedy == (f"Did you mean '{near}'?" if near else "Correct data.path.")


@pytest.mark.parametrize(
    ("path", "base", "pattern"),
    [
        ("data", "data", files.FOLDER),
        ("data/0.csv", "data", "0.csv"),
        ("data/*.csv", "data", "*.csv"),
        ("d*/[01].csv", "", "d*/[01].csv"),
        ("data/9.csv", "data", "9.csv"),
        ("data/odd[1].csv", "data", "odd[[]1].csv"),
    ],
)
def test_a_path_is_a_file_a_folder_or_a_glob(tmp_path, path, base, pattern):
    (tmp_path / "data").mkdir()
    for name in ("0.csv", "1.csv", "odd[1].csv"):
        (tmp_path / "data" / name).touch()
    assert files.find_data(str(tmp_path / path)) == (str(tmp_path / base).rstrip("/"), pattern)


def test_a_sample_is_one_file():
    base, pattern = files.find_data("sample://taxi")
    assert [os.path.basename(path) for path in files.list_files(base, pattern)] == ["data.csv"]


def test_the_digest_sees_content_and_names_but_no_times(tmp_path):
    first = tmp_path / "0.csv"
    for name in ("0.csv", "1.csv"):
        (tmp_path / name).write_bytes(ROWS)

    def digest():
        return files.digest_files(str(tmp_path), files.list_files(str(tmp_path), files.FOLDER))

    before, stat = digest(), first.stat()
    os.utime(first, (1, 1))
    assert digest() == before
    first.write_bytes(ROWS.replace(b"1", b"2"))
    os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert digest() != before
    first.write_bytes(ROWS)
    assert digest() == before
    first.rename(tmp_path / "3.csv")
    assert digest() != before


def test_a_file_that_cannot_be_digested_is_refused_by_name(tmp_path):
    with pytest.raises(DataRejected, match="cannot be read") as caught:
        files.digest_files(str(tmp_path), [str(tmp_path / "9.csv")])
    assert caught.value.where == str(tmp_path / "9.csv")


def test_a_folder_of_a_class_and_a_table_of_images_stand_for_files(tmp_path):
    (tmp_path / "cats").mkdir()
    for name in ("cats/b.png", "cats/a.png", "dog.png"):
        (tmp_path / name).touch()
    (tmp_path / "table.csv").write_text("image,label\ndog.png,1\nnowhere.png,0\n")
    given = [str(tmp_path / "cats"), str(tmp_path / "table.csv")]
    parts = [os.path.relpath(path, tmp_path) for path in files.list_parts(given, "images", PLAIN)]
    assert parts == ["cats/a.png", "cats/b.png", "table.csv", "dog.png"]
    assert files.list_parts(["a.csv", "b.csv"], "csv", PLAIN) == ["a.csv", "b.csv"]
