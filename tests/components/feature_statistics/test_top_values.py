"""Counting stays within its memory, whatever the columns hold."""

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from components.feature_statistics import top_values
from components.feature_statistics.top_values import TopValues

ROWS = 5000


def batch(start):
    """A column of ids, one of two categories, one of images, and one of numbers."""
    ids = [[f"{number:020}"] for number in range(start, start + ROWS)]
    kinds = [[f"kind {number % 2}"] if number % 5 else None for number in range(ROWS)]
    columns = {"id": ids, "kind": kinds, "photo": [[b"\xff"]] * ROWS, "number": [[1]] * ROWS}
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns.values()], list(columns))


@pytest.mark.parametrize("apart", [False, True])
def test_ids_lose_their_rarer_half_and_categories_nothing(monkeypatch, apart):
    monkeypatch.setattr(top_values, "BYTES", 1 << 18)
    photo = schema_pb2.Feature(name="photo", type=schema_pb2.BYTES, image_domain=schema_pb2.ImageDomain())
    generator = TopValues(tfdv.StatsOptions(schema=schema_pb2.Schema(feature=[photo])))
    total = generator.create_accumulator()
    for start in range(0, 20 * ROWS, ROWS):
        if apart:
            part = generator.add_input(generator.create_accumulator(), batch(start))
            total = generator.merge_accumulators([total, generator.compact(part)])
        else:
            total = generator.add_input(total, batch(start))
        assert sum(counts.size for counts in total.values()) <= 1 << 18
    ids, kinds = generator.extract_output(total).features
    assert ids.string_stats.unique == pytest.approx(20 * ROWS, rel=0.03)
    assert {value.frequency for value in ids.string_stats.top_values} == {1}
    assert kinds.string_stats.unique == 2
    assert [(found.value, found.frequency) for found in kinds.string_stats.top_values] == [
        ("kind 1", 40_000),
        ("kind 0", 40_000),
    ]


def test_a_column_without_values_has_no_top_values():
    generator = TopValues(tfdv.StatsOptions())
    blank = pa.RecordBatch.from_arrays([pa.array([None, []], pa.list_(pa.string()))], ["blank"])
    assert not generator.extract_output(generator.add_input(generator.create_accumulator(), blank)).features
