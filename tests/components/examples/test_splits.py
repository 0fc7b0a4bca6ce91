import numpy as np
import pyarrow as pa
import pytest

from components.examples.splits import (
    assign_by_class,
    assign_by_time,
    assign_splits,
    find_class_cuts,
    find_cuts,
    hash_classes,
    tell_origins,
)
from components.validation.typed_batch import TIME, number_rows
from configs.schema.evaluation import ORIGIN


def split(times, parts):
    cuts = find_cuts(np.array(times), parts)
    return assign_by_time(pa.RecordBatch.from_arrays([pa.array(times, pa.int64())], [TIME]), cuts).tolist()


@pytest.mark.parametrize(
    ("times", "parts", "splits"),
    [
        (range(10), [8, 1, 1], [0] * 8 + [1, 2]),
        ([9, 0, 5, 1, 8], [3, 1, 1], [2, 0, 0, 0, 1]),
        ([1, 1, 1, 2, 2, 3], [1, 1, 1], [0, 0, 0, 1, 1, 2]),
        ([1, 2, 2, 2, 2, 3], [1, 1, 1], [0, 1, 1, 1, 1, 2]),
        ([7, 7], [8, 1, 1], [0, 0]),
        ([], [8, 1, 1], []),
    ],
)
def test_the_earliest_train_and_the_latest_test_and_one_moment_is_in_one_split(times, parts, splits):
    assert split(list(times), parts) == splits


def table(values, labels):
    return pa.RecordBatch.from_arrays([pa.array(values), pa.array(labels, pa.int64())], ["x", "y"])


def test_each_class_is_divided_alike_however_rare_it_is():
    batch = table(range(1000), [int(number % 100 == 0) for number in range(1000)])
    cuts = find_class_cuts(*hash_classes(batch, "y"), [6, 2, 2])
    splits = assign_by_class(batch, "y", cuts)
    rare = batch.column(1).to_numpy() == 1
    assert np.bincount(splits[rare]).tolist() == [6, 2, 2]
    assert np.bincount(splits[~rare]).tolist() == [594, 198, 198]
    alone = [assign_by_class(batch.slice(row, 1), "y", cuts).item() for row in range(0, 1000, 50)]
    assert splits[::50].tolist() == alone


def test_equal_rows_go_to_one_split_unless_they_are_told_by_their_place():
    batch = table(["a"] * 1000, [0] * 1000)
    assert len(set(assign_splits(batch, [6, 2, 2]))) == 1
    splits = assign_splits(number_rows(batch, 0), [6, 2, 2])
    assert np.bincount(splits) / 1000 == pytest.approx([0.6, 0.2, 0.2], abs=0.05)
    assert assign_splits(number_rows(batch.slice(700), 700), [6, 2, 2]).tolist() == splits[700:].tolist()


def test_rows_of_the_test_split_are_told_from_which_origin_they_are_judged():
    columns = {"x": pa.array(range(5)), ORIGIN: pa.nulls(5, pa.int64())}
    batch = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    splits, told = tell_origins(np.array([0, 4, 1, 2, 3]), batch)
    assert splits.tolist() == [0, 2, 1, 2, 2]
    assert told.to_pydict() == {"x": [0, 1, 2, 3, 4], ORIGIN: [-1, 3, 0, 1, 2]}


def test_rows_alike_in_all_their_groups_go_to_one_split():
    shops, items = [f"shop {row % 20}" for row in range(400)], [row // 20 % 10 for row in range(400)]
    batch = pa.RecordBatch.from_arrays([pa.array(shops), pa.array(items), pa.array(range(400))], ["shop", "item", "x"])
    both = assign_splits(batch, [6, 2, 2], ["shop", "item"])
    assert (both[:200] == both[200:]).all()
    assert len({*both[0:200:20]}) > 1  # the items of a shop are apart
    assert len({*assign_splits(batch, [6, 2, 2], ["shop"])[0:400:20]}) == 1
