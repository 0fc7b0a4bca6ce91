import pytest

from components.readers.formats import FORMATS, find_format, find_scored
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect


@pytest.mark.parametrize("path", ["rows.csv", "rows.jsonl", "rows.parquet", "rows.tfrecord", "rows.tfrecord.gz"])
def test_a_file_that_is_scored_is_read_by_what_its_name_ends_in(path):
    assert find_scored(path) is FORMATS[path.split(".")[1]]


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
