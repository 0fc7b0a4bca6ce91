"""The statistics are those of TFDV, field by field, over every kind of column."""

import pickle
from functools import cache
from tempfile import TemporaryDirectory

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from tensorflow_metadata.proto.v0 import schema_pb2

from components.feature_statistics.combiner import CombineStatistics
from tests.components.feature_statistics.fields import check

ROWS = 1500
RANDOM = np.random.default_rng(3)
WORDS = ["yes", "no", "größe", "日本", "", "😀", "x" * 3000]


def lists(values, kind=None, sizes=(1,), blank=0.0):
    """A column whose cells hold so many of the values each, or nothing."""
    cells, place = [], 0
    for row in range(ROWS):
        size = sizes[row % len(sizes)]
        cells.append(None if RANDOM.random() < blank else [values[i % len(values)] for i in range(place, place + size)])
        place += size
    return pa.array(cells, pa.large_list(kind) if kind else None)


FLOATS, INTS, BYTES = pa.float32(), pa.int64(), pa.large_binary()
COLUMNS = {
    "float": lists(RANDOM.normal(size=ROWS), FLOATS),
    "float with blanks": lists(RANDOM.lognormal(sigma=3, size=ROWS), FLOATS, blank=0.3),
    "int": lists(RANDOM.integers(-(2**40), 2**40, ROWS), INTS),
    "ties": lists(RANDOM.integers(0, 3, ROWS), INTS, blank=0.1),
    "boolean": lists([0, 1, 1], INTS),
    "constant": lists([2.5], FLOATS),
    "zero": lists([0], INTS),
    "nan": lists([np.nan, 1.0, 2.0], FLOATS),
    "only nan": lists([np.nan], FLOATS),
    "infinite": lists([-np.inf, 0.5, 1.0, np.inf], FLOATS),
    "numbers": lists(RANDOM.normal(size=4000), FLOATS, sizes=(1, 5, 0, 3), blank=0.2),
    "string": lists([word.encode() for word in WORDS], BYTES, blank=0.2),
    "ids": lists([f"id {i:07}".encode() for i in range(ROWS)], BYTES),
    "rare": lists([f"{int(i)}".encode() for i in RANDOM.zipf(1.3, ROWS)], BYTES),
    "constant string": lists([b"one"], BYTES),
    "strings": lists([word.encode() for word in WORDS], BYTES, sizes=(2, 0, 7, 1), blank=0.1),
    "no text": lists([b"\xff\x00", b"\x80", b"ok"], BYTES),
    "photo": lists([bytes(size) for size in range(1, 300)], BYTES, blank=0.1),
    "no float": lists([0.0], FLOATS, blank=1.0),
    "no string": lists([b""], BYTES, blank=1.0),
    "nothing": pa.nulls(ROWS),
}
ALL = pa.RecordBatch.from_arrays(list(COLUMNS.values()), list(COLUMNS))
PHOTO = schema_pb2.Feature(name="photo", type=schema_pb2.BYTES, image_domain=schema_pb2.ImageDomain())
OPTIONS = tfdv.StatsOptions(num_quantiles_histogram_buckets=100, schema=schema_pb2.Schema(feature=[PHOTO]))


@cache
def stock(rows):
    """What TFDV makes of the first rows, on Beam, where it counts values exactly."""
    with TemporaryDirectory() as folder:
        with beam.Pipeline(runner=FnApiRunner()) as pipeline:
            made = pipeline | beam.Create([ALL.slice(0, rows)]) | tfdv.GenerateStatistics(OPTIONS)
            _ = made | tfdv.WriteStatisticsToBinaryFile(f"{folder}/stats")
        return tfdv.load_stats_binary(f"{folder}/stats")


@cache
def in_one_batch(rows):
    return compute([ALL.slice(0, rows)])


@cache
def in_many_batches():
    return compute([ALL.slice(start, 211) for start in range(0, ROWS, 211)])


def compute(batches):
    """What ours makes of batches, each seen by a worker of its own."""
    combine = CombineStatistics(OPTIONS)
    parts = [combine.add_input(combine.create_accumulator(), batch) for batch in batches]
    merged = combine.merge_accumulators([pickle.loads(pickle.dumps(combine.compact(part))) for part in parts])
    return combine.extract_output(merged)


def find(statistics, name):
    return next(feature for feature in statistics.datasets[0].features if feature.path.step == [name])


@pytest.mark.slow
@pytest.mark.parametrize("rows", [ROWS, 7, 1])
@pytest.mark.parametrize("name", COLUMNS)
def test_one_batch_gives_what_tfdv_gives(name, rows):
    check(find(in_one_batch(rows), name), find(stock(rows), name))


@pytest.mark.slow
@pytest.mark.parametrize("name", COLUMNS)
def test_batches_of_many_workers_give_the_same_up_to_the_error_of_quantiles(name):
    found = find(in_many_batches(), name)
    check(found, find(stock(ROWS), name), but=("median", "histograms"))
    cells = ALL.column(ALL.schema.names.index(name)).to_pylist()
    for histogram in found.num_stats.histograms[1:]:
        numbers = np.sort([value for cell in cells for value in cell or [] if not np.isnan(value)])
        for rank, bucket in enumerate(histogram.buckets, 1):
            low, high = (np.searchsorted(numbers, bucket.high_value, side) for side in ("left", "right"))
            assert low - OPTIONS.epsilon * len(numbers) - 1 <= rank / 100 * len(numbers)
            assert high + OPTIONS.epsilon * len(numbers) + 1 >= rank / 100 * len(numbers)


@pytest.mark.slow
def test_the_data_set_and_its_columns_are_those_of_tfdv():
    [made], [expected] = in_one_batch(ROWS).datasets, stock(ROWS).datasets
    assert (made.name, made.num_examples, made.weighted_num_examples) == (expected.name, ROWS, 0)
    assert sorted(feature.path.step[0] for feature in made.features) == sorted(
        feature.path.step[0] for feature in expected.features
    )


def test_nothing_seen_is_a_data_set_without_rows():
    combine = CombineStatistics(OPTIONS)
    [empty] = combine.extract_output(combine.create_accumulator()).datasets
    assert (empty.num_examples, len(empty.features)) == (0, 0)
