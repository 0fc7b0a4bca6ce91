import gzip

import pytest

from components.readers.formats import find_scored
from components.validation.validate import check_file
from configs.errors import DataRejected


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html>\n<html><body>,</body></html>\n", "This is a saved web page (HTML), not CSV."),
        (b'<table border="1">\n<tr>', "This is a table of a web page (HTML), not CSV."),
        (b"\n <html lang='en'>", "This is a saved web page (HTML), not CSV."),
        (b"%PDF-1.7 and so on", "This is a PDF document, not CSV."),
        (b"PK\x03\x04rows.csv", "This is a zip archive, not CSV."),
        (b"PK\x03\x04\0\0[Content_Types].xml", "This is an Excel workbook (.xlsx), not CSV."),
        (b"PAR1\0\0", "This is Parquet, not CSV."),
        (b'[{"a": 1}, {"a": 2}]', "This is a JSON array, not CSV."),
        (b'{"a": 1}\n{"a": 2}\n', "This is JSON, not CSV."),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "This is compressed by gzip, not CSV."),
        (b"<?xml version='1.0'?>", "This is XML, not CSV."),
        (b'<rows><row x="1"/></rows>', "This is XML, not CSV."),
        (b"version https://git-lfs.github.com/spec/v1\n", "This is a pointer of Git LFS and not the file itself, not CSV."),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_no_table_is_called_by_its_name(tmp_path, content, what):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    for read in (lambda: check_file(str(path), "csv", {}), lambda: list(find_scored(str(path)).read_rows(str(path)))):
        with pytest.raises(DataRejected) as caught:
            read()
        assert (caught.value.what, caught.value.where) == (what, str(path))
        assert caught.value.remedy


def test_an_array_is_no_json_lines(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('[\n{"a": 1}\n]\n')
    with pytest.raises(DataRejected, match="This is a JSON array, not JSON lines.") as caught:
        check_file(str(path), "jsonl", {})
    assert caught.value.remedy == "Let its name end with .json, or write data.format: json."
