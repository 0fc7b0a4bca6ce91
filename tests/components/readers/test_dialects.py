"""Files of one table, written in many ways."""

import bz2
import csv
import gzip
import io
import random

import pytest
import zstandard

from components.readers.formats import find_format, find_scored
from components.validation.validate import check_file
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect

ROWS = [["name", "price"], ["Zoë; \"the\", 'first'", "1,5"], ["a\nb|c\td", ""], ["", "7"], ["ÄÖÜ", "-3,25"]]
SQUEEZE = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstandard.compress}


def write(path, dialect, rows=None):
    """Write rows of the dialect; the first names the columns, unless the dialect does."""
    text = io.StringIO(newline="")
    signs = {"quotechar": dialect.quote} if dialect.quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    given = (rows or ROWS)[bool(dialect.header) :]
    csv.writer(text, delimiter=dialect.delimiter, lineterminator="\r\n", **signs).writerows(given)
    content = text.getvalue()
    if dialect.comment:
        content = f"{dialect.comment} made by hand\r\n{content}{dialect.comment} the end\r\n"
    path.write_bytes(SQUEEZE.get(path.suffix, bytes)(content.encode(dialect.encoding)))
    return str(path)


def read_both(path, dialect):
    """The cells of a file as training and as scoring read them."""
    check_file(path, "csv", {}, dialect=dialect)
    batches = list(find_format(path, "csv", dialect).read_batches(path))
    trained = [row for batch in batches for row in batch.to_pylist()]
    scored = [batch.choose_columns(batch.names) for batch in find_scored(path, "csv", dialect).read_rows(path)]
    assert trained == [row for table in scored for row in table.to_pylist()]
    return trained


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("header", [(), ("name", "price")])
@pytest.mark.parametrize("comment", ["", "#"])
def test_a_table_is_the_same_in_every_dialect(tmp_path, delimiter, quote, encoding, header, comment):
    dialect = Dialect(delimiter, quote, encoding, header, comment)
    path = write(tmp_path / "rows.csv", dialect)
    assert read_both(path, dialect) == [{"name": a or None, "price": b or None} for a, b in ROWS[1:]]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.txt"])
def test_a_compressed_table_is_the_same(tmp_path, suffix, name):
    dialect = Dialect(delimiter="\t")
    path = write(tmp_path / f"{name}{suffix}", dialect)
    assert len(read_both(path, dialect)) == 4


def test_a_table_without_quotes_takes_them_for_text(tmp_path):
    dialect = Dialect(delimiter="|", quote="")
    rows = [["name", "size"], ['5" pipe', '"'], ["'a", "b"]]
    path = write(tmp_path / "rows.csv", dialect, rows)
    assert read_both(path, dialect) == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_the_rows_are_numbered_as_an_editor_shows_them(tmp_path):
    dialect = Dialect(delimiter=";", comment="#")
    path = tmp_path / "rows.csv"
    path.write_text('# of 2024\na;b\n#1;2\n"3\n#";4\n#\n5\n')
    [batch] = find_scored(str(path), "csv", dialect).read_rows(str(path))
    assert (batch.numbers, batch.records) == ([4], [{"a": "3\n#", "b": "4"}])
    assert [(fault.number, fault.reason) for fault in batch.faults] == [(7, "The row has 1 fields; the header has 2.")]


def test_a_file_to_be_scored_is_of_the_dialect_of_the_format_that_was_trained_on(tmp_path):
    dialect = Dialect(delimiter=";", compression="gzip")
    assert find_scored("rows.csv", "csv", dialect).dialect == Dialect(delimiter=";")
    assert find_scored("rows.csv.gz", "parquet", dialect).dialect == PLAIN
    assert find_scored("rows.jsonl.zst", "csv", dialect).title == "JSON lines"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html>\n<html><body>,</body></html>\n", "This is a saved web page (HTML), not CSV."),
        (b"\n <html lang='en'>", "This is a saved web page (HTML), not CSV."),
        (b"%PDF-1.7 and so on", "This is a PDF document, not CSV."),
        (b"PK\x03\x04rows.csv", "This is a zip archive, not CSV."),
        (b"PK\x03\x04\0\0[Content_Types].xml", "This is an Excel workbook (.xlsx), not CSV."),
        (b"PAR1\0\0", "This is Parquet, not CSV."),
        (b'[{"a": 1}, {"a": 2}]', "This is a JSON array, not CSV."),
        (b'{"a": 1}\n{"a": 2}\n', "This is JSON, not CSV."),
        (gzip.compress(b"a,b\n1,2\n"), "This is compressed by gzip, not CSV."),
        (b"<?xml version='1.0'?>", "This is XML, not CSV."),
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
    with pytest.raises(DataRejected, match="This is a JSON array, not JSON lines."):
        check_file(str(path), "jsonl", {})


@pytest.mark.parametrize(
    ("name", "dialect", "content", "what"),
    [
        ("a.csv", Dialect(encoding="utf-16"), "a,b\n1,ü\n".encode("utf-16")[:-1], "The file is not utf-16: "),
        ("a.csv", Dialect(encoding="ascii"), "a,b\n1,ü\n".encode(), "The file is not ascii: "),
        ("a.csv.gz", PLAIN, gzip.compress(random.Random(1).randbytes(9999))[:5000], "The file cannot be read ("),
        ("a.csv.gz", PLAIN, b"a,b\n1,2\n", "The file cannot be read ("),
    ],
)
def test_what_cannot_be_decoded_is_refused(tmp_path, name, dialect, content, what):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataRejected) as caught:
        check_file(str(path), "csv", {}, dialect=dialect)
    assert caught.value.what.startswith(what)
