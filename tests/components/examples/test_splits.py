import numpy as np
import pyarrow as pa
import pytest

from components.examples.splits import assign_by_time, find_cuts
from components.validation.typed_batch import TIME


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
