import pytest

from components.readers.formats import FORMATS, find_format, find_scored
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect


@pytest.mark.parametrize("path", ["rows.csv", "rows.jsonl", "rows.parquet", "rows.tfrecord", "rows.tfrecord.gz"])
def test_a_file_that_is_scored_is_read_by_what_its_name_ends_in(path):
    assert find_scored(path) is FORMATS[path.split(".")[1]]


@pytest.mark.parametrize(
    ("source", "texts"), [("new", ["so good\nso it is\n", "no"]), ("new/1.txt", ["so good", "so it is"])]
)
def test_texts_are_scored_as_they_are_trained_on_a_file_of_a_folder_or_a_line(tmp_path, source, texts):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.txt").write_text("so good\nso it is\n")
    (tmp_path / "new" / "2.txt").write_text("no")
    source = tmp_path / source
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    readers = [find_scored(str(file), "text", PLAIN, str(source)) for file in files]
    batches = [batch for reader, file in zip(readers, files, strict=True) for batch in reader.read_rows(str(file))]
    assert [record["text"] for batch in batches for record in batch.records] == texts
    if source.is_dir():
        assert [record["file"] for batch in batches for record in batch.records] == ["1.txt", "2.txt"]


def test_a_file_of_another_kind_is_not_scored():
    with pytest.raises(DataRejected, match="The file is none of .csv") as error:
        find_scored("rows.docx")
    assert error.value.where == "rows.docx"


def test_a_format_is_found_by_its_name():
    assert find_format("rows", "parquet") is FORMATS["parquet"]


def test_a_file_to_be_scored_is_of_the_dialect_of_the_format_that_was_trained_on():
    dialect = Dialect(delimiter=";", compression="gzip")
    assert find_scored("rows.csv", "csv", dialect).dialect == Dialect(delimiter=";")
    assert find_scored("rows.csv.gz", "parquet", dialect).dialect == PLAIN
    assert find_scored("rows.jsonl.zst", "csv", dialect).title == "JSON lines"
