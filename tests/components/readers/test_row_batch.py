"""Files with faulty rows, read to their end."""

import json

import pyarrow as pa
import pytest
import tensorflow as tf
from pyarrow import parquet

from components.readers import row_batch
from components.readers.formats import find_scored
from components.readers.row_batch import gather_rows
from configs.errors import DataRejected


def read(path):
    return find_scored(str(path)).read_rows(str(path))


def gathered(path):
    """The numbers and records of a file's sound rows, and the numbers and reasons of the others."""
    batches = list(read(path))
    numbers = [number for batch in batches for number in batch.numbers]
    records = [record for batch in batches for record in batch.records]
    return numbers, records, [(fault.number, fault.reason) for batch in batches for fault in batch.faults]


def test_a_row_of_csv_is_numbered_by_its_first_line_whatever_stands_before_it(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes('\ufeffa,b\r\n1,"x\ny"\r\n\r\n2,é\r\n3\r\n4,"z"!\r\n5,\r\n'.encode())
    numbers, records, faults = gathered(path)
    assert numbers == [2, 5, 8]
    assert records == [{"a": "1", "b": "x\ny"}, {"a": "2", "b": "é"}, {"a": "5", "b": ""}]
    assert faults == [
        (6, "The row has 1 fields; the header has 2."),
        (7, "A quote that opens in this row is not closed where its field ends."),
    ]


def test_a_quote_that_is_never_closed_takes_the_rows_after_it_along(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b\n1,2\n3,"4\n5,6\n')
    assert gathered(path) == (
        [2],
        [{"a": "1", "b": "2"}],
        [(3, "A quote that opens in this row is not closed where its field ends (lines 3 to 4).")],
    )


def test_json_lines_keep_their_values_and_a_line_that_is_no_object_is_a_fault(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1.50, "b": null}\n\n{"c": ["é"]}\n[1]\n{"a": \n{"a": "\\ud800"}\n')
    numbers, records, faults = gathered(path)
    assert numbers == [1, 3]
    assert records == [{"a": 1.5, "b": None}, {"c": ["é"]}]
    assert [number for number, _ in faults] == [4, 5, 6]
    assert faults[0][1] == "The row is no JSON object."
    assert all(reason.startswith("The row is no JSON: ") for _, reason in faults[1:])


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (2.5, "2.5"), (True, "true"), ("x", "x"), ("", None), (None, None), ([1], "[1]")]
)
def test_a_cell_of_json_is_read_as_the_text_that_csv_would_have(value, text):
    [batch] = gather_rows("rows.jsonl", iter([(1, {"a": value}, 1), (2, {}, 1)]))
    assert batch.table.to_pylist() == [{"a": text}, {"a": None}]


def test_a_batch_is_bounded_in_rows_and_in_characters(tmp_path, monkeypatch):
    monkeypatch.setattr(row_batch, "ROWS", 3)
    monkeypatch.setattr(row_batch, "CHARACTERS", 10)
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n2\n3\n4\n12345678901\n5\n")
    assert [list(batch.numbers) for batch in read(path)] == [[2, 3, 4], [5, 6], [7]]


def test_parquet_keeps_its_types_and_pandas_index(tmp_path):
    path = tmp_path / "rows.parquet"
    table = pa.table({"n": pa.array([1, None, 3], pa.int16()), "c": pa.array(["x", "y", None]).dictionary_encode()})
    parquet.write_table(table.replace_schema_metadata({"pandas": "{}"}), path)
    [batch] = read(path)
    assert batch.table.schema.equals(table.schema)
    assert batch.table.schema.metadata[b"pandas"] == b"{}"
    assert (list(batch.numbers), batch.choose_columns(["c"]).column(0).to_pylist()) == ([1, 2, 3], ["x", "y", None])
    taken = batch.take([2])
    assert (taken.numbers, taken.records) == ([3], [{"n": 3, "c": None}])


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


def test_a_file_that_is_not_there_is_rejected(tmp_path):
    with pytest.raises(DataRejected, match="cannot be read .No such file or directory"):
        list(read(tmp_path / "rows.csv"))


def test_examples_are_rows_whose_lists_are_kept(tmp_path):
    path = tmp_path / "rows.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for fare, past in ((1.5, [1, 2]), (0.0, [])):
            features = {
                "fare": tf.train.Feature(float_list=tf.train.FloatList(value=[fare])),
                "past": tf.train.Feature(int64_list=tf.train.Int64List(value=past)),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    numbers, records, _ = gathered(path)
    assert numbers == [1, 2]
    assert records == [{"fare": 1.5, "past": [1, 2]}, {"fare": 0.0, "past": []}]
