"""Examples in large batches are what TFX reads row by row."""

from dataclasses import replace

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.util import tfxio_utils
from tfx.proto import example_gen_pb2
from tfx_bsl.tfxio.dataset_options import RecordBatchesOptions

from components.patches import tfx_io
from components.patches.ledger import LARGE_BATCHES
from components.patches.tfx_io import LargeBatches, large_batches
from tests.components.examples.artifacts import write_examples

COUNT = 2500


@pytest.fixture
def examples(tmp_path):
    """An artifact of one split of two shards."""
    numbers = pa.array(range(COUNT), pa.int64())
    texts = pa.array([None if row % 3 else f"row {row}" for row in range(COUNT)])
    rows = pa.RecordBatch.from_arrays([numbers, texts], ["number", "text"])
    return write_examples(tmp_path, {"data-0.gz": [rows.slice(0, 1000)], "data-1.gz": [rows.slice(1000)]})


def reader(examples, **options):
    return tfxio_utils.make_tfxio(
        f"{examples.uri}/Split-train/*", ["test"], example_gen_pb2.FORMAT_TF_EXAMPLE, **options
    )


def schema(*columns):
    features = [schema_pb2.Feature(name=name, type=kind) for name, kind in columns]
    return schema_pb2.Schema(feature=features)


NUMBER, TEXT = ("number", schema_pb2.INT), ("text", schema_pb2.BYTES)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [None, [NUMBER, TEXT], [TEXT]])
@pytest.mark.parametrize("raw", [None, "raw"])
def test_the_rows_are_those_that_tfx_reads(examples, columns, raw):
    options = {"raw_record_column_name": raw, "schema": schema(*columns) if columns else None}
    stock = reader(examples, **options)
    with large_batches(400):
        large = reader(examples, **options)
    assert type(large) is LargeBatches

    def rows(made):
        table = pa.Table.from_batches(made)
        return sorted(zip(*(table[name].to_pylist() for name in sorted(table.column_names)), strict=True), key=repr)

    expected = rows(stock.RecordBatches(RecordBatchesOptions(COUNT, num_epochs=1, shuffle=False)))
    assert len(expected) == COUNT
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        made = pipeline | large.BeamSource() | beam.combiners.ToList()
        assert_that(made | "Rows" >> beam.FlatMap(rows), equal_to(expected))
        sizes = made | "Sizes" >> beam.FlatMap(lambda found: sorted(len(batch) for batch in found))
        assert_that(sizes, equal_to([200, 300, 400, 400, 400, 400, 400]), label="Sizes are those asked for")


def test_what_was_patched_is_as_it_was_afterwards(examples):
    usual = tfxio_utils.make_tfxio
    with pytest.raises(ZeroDivisionError), large_batches(400):
        assert tfxio_utils.make_tfxio is not usual
        1 / 0  # noqa: B018
    assert tfxio_utils.make_tfxio is usual


def test_a_tfx_that_is_not_tested_is_left_alone(examples, monkeypatch):
    monkeypatch.setattr(tfx_io, "LARGE_BATCHES", replace(LARGE_BATCHES, tested={"tfx": ("0.1",)}))
    usual = tfxio_utils.make_tfxio
    with large_batches(400):
        assert tfxio_utils.make_tfxio is usual
