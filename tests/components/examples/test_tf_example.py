import pyarrow as pa
import tensorflow as tf

from components.examples.tf_example import encode_examples, encode_in_order, list_cells

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


def test_examples_in_order_are_the_same_examples_of_the_same_bytes():
    rows = 64
    columns = {
        "many": pa.array([None, *range(1, rows)], pa.float32()),
        "few": pa.array([None, "a", "b", "a"] * (rows // 4)),
        "lists": pa.array([[1, 2], [], None, [3]] * (rows // 4), pa.list_(pa.int64())),
        "none": pa.array([None] * rows, pa.int64()),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    texts = encode_in_order(batch)
    read = tf.train.Example.FromString
    assert [read(text) for text in texts] == [read(text) for text in encode_examples(batch)]
    turned = pa.RecordBatch.from_pydict(dict(reversed(columns.items())))
    assert encode_in_order(turned) == texts
    assert [texts[1].index(name) for name in (b"few", b"lists", b"many")] == sorted(
        texts[1].index(name) for name in (b"few", b"lists", b"many")
    )
    specs = {"few": tf.io.VarLenFeature(tf.string), "many": tf.io.FixedLenFeature([], tf.float32, -1.0)}
    parsed = tf.io.parse_example(texts, specs)
    assert parsed["many"].numpy().tolist() == [-1.0, *range(1, rows)]
    assert parsed["few"].values.numpy().tolist() == [b"a", b"b", b"a"] * (rows // 4)


def test_each_cell_becomes_a_list():
    cells = list_cells(BATCH)
    assert cells.to_pylist() == [
        {"fare": [1.5], "company": [b"Blue"], "clicks": [3, 1]},
        {"fare": None, "company": [b"Red"], "clicks": None},
    ]
    assert {pa.types.is_large_list(column.type) for column in cells.columns} == {True}
