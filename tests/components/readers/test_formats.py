import contextlib
import json
import os
import pickle

import pyarrow as pa
import pytest
from pyarrow import parquet

from components.readers import delimited, parquet_file, row_batch
from components.readers.formats import FORMATS
from configs.errors import DataRejected

TABLE = pa.table(
    {
        "count": pa.array([0, None, 7]),
        "share": pa.array([0.0, None, 0.5]),
        "name": pa.array(["", None, "a"]),
        "seen": pa.array([False, None, True]),
    }
)


def write_parquet(path, table=TABLE, **options):
    parquet.write_table(table, path, **options)
    return str(path)


def rows(path, format, columns=None, lists=()):
    return [row for batch in FORMATS[format].read_batches(str(path), columns, lists) for row in batch.to_pylist()]


def test_csv_is_text_and_a_blank_is_null(tmp_path):
    (tmp_path / "a.csv").write_text('count,name,seen\n007,,true\n,"a, b",""\n')
    assert rows(tmp_path / "a.csv", "csv") == [
        {"count": "007", "name": None, "seen": "true"},
        {"count": None, "name": "a, b", "seen": None},
    ]
    assert rows(tmp_path / "a.csv", "csv", ["seen", "count"]) == [
        {"seen": "true", "count": "007"},
        {"seen": None, "count": None},
    ]


def test_parquet_keeps_its_zeros_its_empty_texts_and_its_types(tmp_path):
    path = write_parquet(tmp_path / "a.parquet")
    assert rows(path, "parquet") == TABLE.to_pylist()
    (batch,) = FORMATS["parquet"].read_batches(path, ["seen", "count"])
    assert batch.schema == pa.schema([("seen", pa.bool_()), ("count", pa.int64())])


def test_json_lines_keep_the_spelling_of_numbers(tmp_path):
    lines = ['{"n": 1.50, "b": true, "x": null}', "", '{"t": "ü", "n": 12345678901234567890, "b": false, "e": ""}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8-sig")
    assert rows(tmp_path / "a.jsonl", "jsonl") == [
        {"n": "1.50", "b": "true", "x": None, "t": None, "e": None},
        {"n": "12345678901234567890", "b": "false", "x": None, "t": "ü", "e": None},
    ]
    assert rows(tmp_path / "a.jsonl", "jsonl", ["t", "absent"])[1] == {"t": "ü", "absent": None}


@pytest.mark.parametrize(
    ("line", "place", "what"),
    [
        ('{"a": [1]}', ":2:a", "The value is a list"),
        ('{"a": {"b": 1}}', ":2:a", "The value is an object"),
        ("[1, 2]", ":2", "The row is no JSON object."),
        ('{"a": 1', ":2", "The row is no JSON: "),
        ('{"a": "\\ud800"}', ":2", "The row is no JSON: "),
        ("[" * 100_000, ":2", "The row is no JSON: "),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path, line, place, what):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"a": 1}}\n{line}\n')
    with pytest.raises(DataRejected) as caught:
        rows(path, "jsonl")
    assert caught.value.where == f"{path}{place}"
    assert what in caught.value.what


def test_a_file_is_read_in_pieces_of_some_size(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 1000)
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


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def test_code_that_a_parquet_file_brings_along_is_not_run(tmp_path):
    mark = tmp_path / "mark"
    extension = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": pickle.dumps(Trap(mark)),
    }
    schema = pa.schema([pa.field("a", pa.int64(), metadata=extension)])
    path = write_parquet(tmp_path / "a.parquet", pa.table({"a": [1]}).cast(schema))
    with contextlib.suppress(DataRejected):  # newer ones read the numbers, and pass over the rest
        assert rows(path, "parquet") == [{"a": 1}]
    assert not mark.exists()


def test_a_list_of_json_stays_one_where_lists_may_stand(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"past": [1.50, [2]], "n": 1}\n{"past": null}\n')
    [batch] = FORMATS["jsonl"].read_batches(str(tmp_path / "a.jsonl"), ["past"], ["past"])
    assert batch.column(0).to_pylist() == ['["1.50", ["2"]]', None]
