"""Files with faulty rows, read to their end."""

import pytest
import tensorflow as tf

from components.readers import row_batch
from components.readers.row_batch import gather_rows
from tests.components.readers.rows import gathered, read


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
