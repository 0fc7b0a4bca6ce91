import pyarrow as pa
import pytest

from components.examples.steps import Step
from components.examples.windows import Frame, roll
from components.validation.typed_batch import ORDER


def rows(order, sales, shop=None):
    """Rows of a series: the steps are the sales, so is the label."""
    columns = {
        "past": pa.array([None if cell is None else [cell] for cell in sales], pa.list_(pa.float32())),
        "sales": pa.array(sales, pa.float32()),
        ORDER: pa.array(order, pa.int64()),
        **({"shop": pa.array(shop)} if shop else {}),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def windows(frame, *batches):
    [made] = roll(batches, frame)
    return [(row["past"], row["sales"]) for row in made.to_pylist()]


@pytest.mark.parametrize(
    ("length", "horizon", "expected"),
    [
        (2, 1, [([1, 2], 3), ([2, 3], 4), ([3, 4], 5)]),
        (2, 2, [([1, 2], 4), ([2, 3], 5)]),
        (4, 1, [([1, 2, 3, 4], 5)]),
        (5, 1, []),
    ],
)
def test_a_row_is_told_the_rows_before_it(length, horizon, expected):
    frame = Frame({"past": length}, (horizon,))
    assert windows(frame, rows([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])) == expected
    assert windows(frame, rows([50, 10, 30], [5, 1, 3]), rows([40, 20], [4, 2])) == expected


def test_no_window_goes_from_one_series_to_the_next():
    shops = ["a", "b", "a", "b", None, "b", None]
    made = windows(Frame({"past": 1}, (1,), ("shop",)), rows(range(7), [1, 10, 2, 20, 100, 30, 200], shops))
    assert sorted(made) == [([1], 2), ([10], 20), ([20], 30), ([100], 200)]


def test_a_step_without_numbers_has_those_of_the_one_before_it():
    assert windows(Frame({"past": 2}, (1,)), rows([1, 2, 3, 4], [1, None, 3, 4])) == [([1, 1], 3), ([1, 3], 4)]
    assert windows(Frame({"past": 2}, (1,)), rows([1, 2, 3, 4], [None, 2, 3, 4])) == [([2], 3), ([2, 3], 4)]
    assert windows(Frame({"past": 1}, (1,)), rows([1, 2, 3, 4], [1, None, 3, 4])) == [([1], None), ([3], 4)]


def test_sequences_may_look_back_differently_far():
    batch = rows([1, 2, 3, 4], [1, 2, 3, 4])
    batch = pa.RecordBatch.from_arrays([*batch.columns, batch.column(0)], [*batch.schema.names, "last"])
    [made] = roll([batch], Frame({"past": 3, "last": 1}, (1,)))
    assert made.to_pylist() == [{"past": [1, 2, 3], "sales": 4, ORDER: 4, "last": [3]}]


def test_each_row_is_an_example_of_each_horizon_that_is_told():
    batch = rows([1, 2, 3, 4], [1, 2, 3, 4])
    nothing = pa.nulls(4, pa.int64())
    batch = pa.RecordBatch.from_arrays([*batch.columns, nothing], [*batch.schema.names, "horizon"])
    made = list(roll([batch], Frame({"past": 2}, (1, 2), told="horizon")))
    assert [[(row["past"], row["horizon"], row["sales"]) for row in each.to_pylist()] for each in made] == [
        [([1, 2], 1, 3), ([2, 3], 1, 4)],
        [([1, 2], 2, 4)],
    ]


def test_by_a_step_a_gap_is_a_step_without_numbers_and_the_last_of_a_doubled_one_counts():
    frame = Frame({"past": 2}, (1,), step=Step(10, "number"))
    batch = rows([0, 10, 20, 30, 50, 60, 60, 70, 140, 150], [0, 1, 2, 3, 5, 6, 66, 7, 14, 15])
    assert windows(frame, batch) == [
        ([0, 1], 2),
        ([1, 2], 3),
        ([3, 3], 5),
        ([3, 5], 6),
        ([3, 5], 66),
        ([5, 66], 7),
        ([7, 14], 15),
    ]


def test_series_are_told_apart_by_all_their_columns_together():
    shops, items = pa.array(["a", "a", "b", "b", "a", "a", None, "b", None]), pa.array([1, 2, 1, 2, 1, 2, 1, None, 1])
    batch = rows([0, 0, 0, 0, 1, 1, 0, 1, 1], range(9))
    batch = pa.RecordBatch.from_arrays([*batch.columns, shops, items], [*batch.schema.names, "shop", "item"])
    frame = Frame({"past": 1}, (1,), ("shop", "item"), step=Step(1, "number"))
    assert sorted(windows(frame, batch)) == [([0], 4), ([1], 5), ([6], 8)]


def test_series_with_gaps_are_kept_apart():
    frame = Frame({"past": 2}, (1,), ("shop",), step=Step(1, "number"))
    batch = rows([0, 1, 2, 4, 3, 4, 5], [0, 1, 2, 4, 13, 14, 15], list("aaaabbb"))
    assert windows(frame, batch) == [([0, 1], 2), ([2, 2], 4), ([13, 14], 15)]
