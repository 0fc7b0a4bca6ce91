import contextlib
import os
import pickle

import pyarrow as pa
from pyarrow import parquet

from components.readers.formats import FORMATS
from configs.errors import DataRejected
from tests.components.readers.rows import TABLE, read, rows, write_parquet


def test_parquet_keeps_its_zeros_its_empty_texts_and_its_types(tmp_path):
    path = write_parquet(tmp_path / "a.parquet")
    assert rows(path, "parquet") == TABLE.to_pylist()
    (batch,) = FORMATS["parquet"].read_batches(path, ["seen", "count"])
    assert batch.schema == pa.schema([("seen", pa.bool_()), ("count", pa.int64())])


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
