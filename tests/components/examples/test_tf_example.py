import pyarrow as pa
import tensorflow as tf

from components.examples.tf_example import encode_examples, list_cells

BATCH = pa.RecordBatch.from_pydict(
    {
        "fare": pa.array([1.5, None], pa.float32()),
        "company": pa.array(["Blue", "Red"]),
        "clicks": pa.array([[3, 1], None], pa.list_(pa.int64())),
    }
)


def test_a_row_becomes_an_example_without_what_is_null():
    first, second = (tf.train.Example.FromString(each).features.feature for each in encode_examples(BATCH))
    assert first["fare"].float_list.value == [1.5]
    assert first["company"].bytes_list.value == [b"Blue"]
    assert first["clicks"].int64_list.value == [3, 1]
    assert second["company"].bytes_list.value == [b"Red"]
    assert not second["fare"].float_list.value and not second["clicks"].int64_list.value


def test_each_cell_becomes_a_list():
    cells = list_cells(BATCH)
    assert cells.to_pylist() == [
        {"fare": [1.5], "company": [b"Blue"], "clicks": [3, 1]},
        {"fare": None, "company": [b"Red"], "clicks": None},
    ]
    assert {pa.types.is_large_list(column.type) for column in cells.columns} == {True}
