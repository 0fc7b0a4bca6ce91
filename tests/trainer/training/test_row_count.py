"""Rows are counted by footers where there are such, and by reading where there are none."""

import pyarrow as pa
import tensorflow as tf
from pyarrow import parquet

from trainer.training.row_count import count_rows


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for _ in range(rows):
            writer.write(b"row")
    return str(path)


def test_footers_tell_and_what_has_none_is_read(tmp_path):
    files = [write(tmp_path / "Split-train" / f"data-{number}.gz", 10 * number + 10) for number in range(2)]
    assert count_rows(files) == 30
    columns = tmp_path / "Columns-train" / "data-0.parquet"
    columns.parent.mkdir()
    parquet.write_table(pa.table({"x": range(7)}), columns)
    assert count_rows(files) == 7 + 20
    assert count_rows([]) == 0
