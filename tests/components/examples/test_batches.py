"""A split is read in batches as large as the memory bears, from columns or from tf.Examples alike."""

import os

import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from components.examples import batches
from components.examples.batches import count_rows, join_batches, list_shards, read_batches
from components.examples.shards import find_columns
from tests.components.examples.artifacts import write_examples

COUNT = 50


@pytest.fixture
def examples(tmp_path):
    """An artifact of a split of two shards, the second of which has no rows."""
    rows = pa.RecordBatch.from_arrays([pa.array(range(COUNT)), pa.array(["é"] * COUNT)], ["number", "text"])
    return write_examples(tmp_path, {"data-1.gz": [], "data-0.gz": [rows]})


def test_wide_rows_come_in_smaller_batches(examples, monkeypatch):
    assert count_rows([examples]) == batches.ROWS
    monkeypatch.setattr(batches, "BYTES", 1)
    assert count_rows([examples]) == 1


def test_a_shard_gives_the_same_rows_with_and_without_columns(examples):
    full, empty = list_shards(examples, "train")
    found = list(read_batches(full, 20))
    assert [len(batch) for batch in found] == [20, 20, 10]
    assert list(read_batches(empty, 20)) == []
    os.remove(find_columns(full))
    assert pa.Table.from_batches(read_batches(full, 20)).equals(pa.Table.from_batches(found))


def test_a_schema_chooses_the_columns(examples):
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name="text", type=schema_pb2.BYTES)])
    [batch] = read_batches(list_shards(examples, "train")[0], COUNT, schema)
    assert batch.to_pydict() == {"text": [["é".encode()]] * COUNT}


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [({}, [50]), ({"ROWS": 20}, [20, 20, 10]), ({"ROWS": 25}, [20, 20, 10]), ({"MEMORY": 500}, [20, 20, 10])],
)
def test_small_batches_are_joined_as_far_as_the_memory_bears(examples, monkeypatch, limits, sizes):
    for name, limit in limits.items():
        monkeypatch.setattr(batches, name, limit)
    found = list(read_batches(list_shards(examples, "train")[0], 10))
    joined = list(join_batches(found))
    assert [len(batch) for batch in joined] == sizes
    assert pa.Table.from_batches(joined).equals(pa.Table.from_batches(found))


def test_batches_without_rows_are_joined(examples):
    [batch] = read_batches(list_shards(examples, "train")[0], COUNT)
    assert [len(joined) for joined in join_batches([batch[:0], batch[:0]])] == [0]
    assert list(join_batches([batch[:0], batch, batch[:0]])) == [batch]
    assert list(join_batches([])) == []
