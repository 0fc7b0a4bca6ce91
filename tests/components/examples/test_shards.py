"""A shard's columns are what its tf.Examples decode to."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tfx_bsl.tfxio.dataset_options import RecordBatchesOptions
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from components.examples import shards
from components.examples.shards import Shard, find_columns, read_columns

ROWS = pa.RecordBatch.from_pydict(
    {
        "number": pa.array([1.5, None, -0.0], pa.float32()),
        "id": pa.array([0, 2**40, None], pa.int64()),
        "text": pa.array(["", None, "größe"]),
        "picture": pa.array([b"\x00\xff", b"", None], pa.binary()),
        "steps": pa.array([[1.0, 2.0], None, [3.0]], pa.list_(pa.float32())),
    }
)


def write(tmp_path):
    """The path of a shard that two batches were written to."""
    folder = tmp_path / "Split-train"
    folder.mkdir()
    (tmp_path / "Columns-train").mkdir()
    shard = Shard(str(folder / "data_tfrecord-00000-of-00001.gz"), str(tmp_path))
    shard.write(ROWS)
    shard.write(ROWS.slice(1))
    assert list(folder.iterdir()) == []
    shard.close()
    return shard.path


@pytest.fixture
def shard(tmp_path):
    return write(tmp_path)


def decode(path, rows):
    batches = TFExampleRecord(path).RecordBatches(RecordBatchesOptions(rows, num_epochs=1, shuffle=False))
    return pa.Table.from_batches(batches)


def test_both_hold_the_same_rows_in_the_same_types(shard):
    decoded = decode(shard, 10)
    columns = pa.Table.from_batches(read_columns(shard, None, 10))
    assert columns.select(decoded.column_names).equals(decoded)
    assert columns["text"].to_pylist() == [[b""], None, ["größe".encode()], None, ["größe".encode()]]


def test_the_same_rows_are_the_same_bytes(tmp_path):
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        path = write(tmp_path / name)
        found.append([Path(each).read_bytes() for each in (path, find_columns(path))])
    assert found[0] == found[1]


def test_they_lie_beside_the_folder_that_tfx_knows(shard, tmp_path):
    assert find_columns(shard) == str(tmp_path / "Columns-train" / "data_tfrecord-00000-of-00001.parquet")


def test_batches_have_the_rows_asked_for(shard):
    assert [len(batch) for batch in read_columns(shard, None, 2)] == [2, 2, 1]


def test_a_schema_chooses_columns_and_adds_those_that_are_absent(shard):
    schema = pa.schema({"id": pa.large_list(pa.int64()), "other": pa.large_list(pa.float32())})
    table = pa.Table.from_batches(read_columns(shard, schema, 10))
    assert table.schema == schema
    assert table.to_pydict() == {"id": [[0], [2**40], None, [2**40], None], "other": [None] * 5}


@pytest.mark.parametrize(("memory", "blocks"), [(1 << 24, [5]), (0, [3, 2])])
def test_small_batches_become_one_block_where_the_memory_bears_it(tmp_path, monkeypatch, memory, blocks):
    monkeypatch.setattr(shards, "MEMORY", memory)
    metadata = parquet.read_metadata(find_columns(write(tmp_path)))
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == blocks
