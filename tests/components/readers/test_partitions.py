"""Columns that the folders of files name."""

import json

import pandas as pd
import pytest

from components.readers.files import find_data, list_files
from components.readers.formats import find_scored
from components.readers.partitions import find_partitions
from components.validation.column_types import Role
from components.validation.profile import profile_files
from components.validation.validate import check_batches
from configs.errors import DataRejected

ROLES = {
    "amount": Role("numeric", "amount"),
    "region": Role("categorical", "region"),
    "year": Role("numeric", "year"),
    "y": Role("label", "y", classes=("no", "yes")),
}


def write_folders(folder, format):
    """Rows laid out by region and year, as pandas and Spark do."""
    for region, year in (("a b", 2023), ("c", 2024), ("__HIVE_DEFAULT_PARTITION__", 2024)):
        name = region.replace(" ", "%20")
        place = folder / f"region={name}" / f"year={year}"
        place.mkdir(parents=True)
        frame = pd.DataFrame({"amount": [1.5, year - 2000], "y": ["no", "yes"]})
        match format:
            case "csv":
                frame.to_csv(place / "part-0.csv", index=False)
            case "parquet":
                frame.to_parquet(place / "part-0.parquet", index=False)
            case _:
                frame.to_json(place / f"part-0.{format}", orient="records", lines=format == "jsonl")
        (place / "_SUCCESS").touch()
    return str(folder)


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl", "json"])
def test_folders_are_columns_in_training_and_in_scoring(tmp_path, format):
    files = list_files(*find_data(write_folders(tmp_path / "rows", format)), format)
    assert len(files) == 3
    rows = [row for batch in check_batches(files, format, ROLES) for row in batch.to_pylist()]
    assert [(row["region"], row["year"]) for row in rows[::2]] == [(None, 2024), ("a b", 2023), ("c", 2024)]
    assert [row["amount"] for row in rows[1::2]] == [24, 23, 24]
    for path, region in zip(files, (None, "a b", "c"), strict=True):
        [batch] = find_scored(path).read_rows(path)
        assert [record["region"] for record in batch.records] == [region, region]
        assert list(batch.names) == ["amount", "y", "region", "year"]
    profile = profile_files(files, format)
    assert profile.columns["region"].texts.to_pylist() == ["a b", "c"]
    thin = profile_files(files, format, most=1)
    assert set(thin.columns) == {"amount", "y", "region", "year"}


def test_a_label_may_be_told_by_folders_alone(tmp_path):
    for label in ("no", "yes"):
        (tmp_path / f"y={label}").mkdir()
        (tmp_path / f"y={label}" / "rows.csv").write_text("amount\n1\n2\n")
    files = list_files(*find_data(str(tmp_path)), "csv")
    rows = [row for batch in check_batches(files, "csv", {"y": ROLES["y"]}) for row in batch.to_pylist()]
    assert [row["y"] for row in rows] == [0, 0, 1, 1]
    (tmp_path / "y=maybe").mkdir()
    (tmp_path / "y=maybe" / "rows.csv").write_text("amount\n1\n")
    with pytest.raises(DataRejected, match="it is no in 2 rows, yes in 2 rows, maybe in 1 row"):
        list(check_batches(list_files(*find_data(str(tmp_path)), "csv"), "csv", {"y": ROLES["y"]}))


def test_a_column_of_the_file_itself_stays(tmp_path):
    place = tmp_path / "region=a"
    place.mkdir()
    (place / "rows.jsonl").write_text(json.dumps({"region": "own", "amount": 1}) + "\n")
    [batch] = find_scored(str(place / "rows.jsonl")).read_rows(str(place / "rows.jsonl"))
    assert batch.records == [{"region": "own", "amount": 1}]


def test_only_folders_right_above_the_file_count():
    assert find_partitions("/data/run=3/rows/region=a/year=1/part.csv") == {"region": "a", "year": "1"}
    assert find_partitions("/data/run=3/rows/part.csv") == {}
    assert find_partitions("=3/part.csv") == {}


def test_what_is_no_table_in_a_partition_is_named(tmp_path):
    folder = write_folders(tmp_path / "rows", "csv")
    stray = tmp_path / "rows" / "region=c" / "notes.docx"
    stray.touch()
    with pytest.raises(DataRejected, match="is not a .csv or .tsv file") as caught:
        list_files(*find_data(folder), "csv")
    assert caught.value.where == str(stray)
