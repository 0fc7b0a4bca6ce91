"""What a column tells of the label is what is known of made-up rows, and nothing by chance."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import mutual_info_score

from components.explanation.association import PARTS, associate, cut, entropy, pool

ROWS = 1000
DRAWN = np.random.default_rng(0)
NUMBERS = DRAWN.normal(size=ROWS)
CLASSES = (NUMBERS + DRAWN.normal(scale=0.3, size=ROWS) > 0).astype(int)[:, None]


def tell(cells, labels=CLASSES, numeric=False):
    rows = pa.RecordBatch.from_arrays([pa.array(cells)], ["column"])
    return associate(rows, ["column"], labels, numeric).get("column")


def test_a_copy_of_the_label_tells_all_and_a_half_of_two_bits_half():
    assert tell([[b"yes" if held else b"no"] for [held] in CLASSES]) == 1
    assert tell([[1.0] if held else [] for [held] in CLASSES]) == 1, "a missing cell is a value"
    four = np.arange(ROWS)[:, None] % 4
    assert tell([[float(found // 2)] for [found] in four], four) == pytest.approx(0.5, abs=0.002)


def test_numbers_tell_what_scikit_learn_finds_of_their_parts():
    expected = mutual_info_score(cut(NUMBERS), CLASSES.ravel()) / mutual_info_score(CLASSES.ravel(), CLASSES.ravel())
    assert tell([[value] for value in NUMBERS]) == pytest.approx(expected, abs=0.01)
    assert tell([[value] for value in NUMBERS], NUMBERS[:, None], numeric=True) == 1


@pytest.mark.parametrize("cells", [[[value] for value in DRAWN.normal(size=ROWS)], [[f"{n}"] for n in range(ROWS)]])
def test_noise_and_keys_tell_nothing(cells):
    assert tell(cells) < 0.02
    assert tell(cells, NUMBERS[:, None], numeric=True) < 0.02


def test_classes_that_go_together_are_told_by_their_sets():
    both = np.stack([np.arange(ROWS) % 2, np.arange(ROWS) // 2 % 2], axis=1)
    assert tell([[float(one)] for one in both[:, 0]], both) == pytest.approx(0.5, abs=0.002)


def test_lists_empty_columns_and_a_label_that_never_changes_are_left_out():
    assert tell([[1.0, 2.0]] * ROWS) is None
    assert tell([None] * ROWS) is None
    assert tell([[]] * ROWS) is None
    assert tell([[1.0]] * ROWS, np.ones((ROWS, 1), int)) is None


def test_parts_have_as_many_rows_each_and_rare_values_are_one():
    assert np.bincount(cut(np.arange(1000.0))).tolist() == [100] * PARTS
    assert cut(np.array([5.0, 7.0, 5.0])).tolist() == [0, 1, 0]
    assert pool(np.array([2, 2, 1, *range(3, 20)]))[:3].tolist() == [0, 0, 1]
    assert pool(np.arange(30)).max() == PARTS


def test_the_entropy_of_even_shares_is_their_logarithm():
    assert entropy(np.arange(100_000) % 8) == pytest.approx(3, abs=1e-4)
