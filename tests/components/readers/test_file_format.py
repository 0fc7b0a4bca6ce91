import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from components.readers import delimited, parquet_file, row_batch
from components.readers.formats import FORMATS
from configs.errors import DataRejected
from tests.components.readers.rows import TABLE, read, rows, write_parquet


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_a_file_without_rows_is_one_empty_batch(tmp_path, name):
    path = tmp_path / name
    if name == "rows.parquet":
        parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    else:
        path.write_text("a\n" if name == "rows.csv" else "")
    [batch] = read(path)
    assert (len(batch.numbers), list(batch.names)) == (0, [] if name == "rows.jsonl" else ["a"])


@pytest.mark.parametrize(
    ("name", "content", "where", "said"),
    [
        ("rows.csv", b"", "", "The file is empty."),
        ("rows.csv", b"\n\n", ":1", "The file has no header."),
        ("rows.csv", b"a,b,a\n1,2,3\n", ":1", "The header has the column `a` more than once."),
        ("rows.csv", b"a\n1\ncaf\xe9\n", ":3", "Byte 7 of the file (0xe9) is not UTF-8."),
        (
            "rows.jsonl",
            json.dumps({"a": 1}).encode() + b'\n{"a": "\xe9"}\n',
            ":2",
            "Byte 16 of the file (0xe9) is not UTF-8.",
        ),
        ("rows.parquet", b"PAR", "", "The file cannot be read as Parquet: "),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_rejected(tmp_path, name, content, where, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataRejected) as error:
        list(read(path))
    assert error.value.where == f"{path}{where}"
    assert error.value.what.startswith(said)


def test_a_file_is_read_in_pieces_of_some_size(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 1000)
    monkeypatch.setattr(delimited, "COLUMN", 500)
    monkeypatch.setattr(parquet_file, "CELLS", 200)
    monkeypatch.setattr(row_batch, "CHARACTERS", 1000)
    table = pa.table({"a": [str(n) for n in range(1000)], "b": ["x"] * 1000})
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{row['a']},{row['b']}\n" for row in table.to_pylist()))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    write_parquet(tmp_path / "a.parquet", table)
    for format in ("csv", "jsonl", "parquet"):
        path = str(tmp_path / f"a.{format}")
        assert max(batch.num_rows for batch in FORMATS[format].read_batches(path)) < 200
        assert rows(path, format) == table.to_pylist()


def test_the_header_is_what_names_the_columns(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf\r\ncount,caf\xc3\xa9\n1,2\n")
    (tmp_path / "a.jsonl").write_text('{"b": 1}\n{"a": 1, "b": 2}\n')
    assert FORMATS["csv"].read_header(str(tmp_path / "a.csv")) == ["count", "café"]
    assert FORMATS["jsonl"].read_header(str(tmp_path / "a.jsonl")) == ["b", "a"]
    assert FORMATS["parquet"].read_header(write_parquet(tmp_path / "a.parquet")) == TABLE.column_names
