"""What columns hold, whichever way they come: parsed from tf.Examples, or in a request's tensors."""

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.features import Boolean, Categorical, Image, Numeric, Steps, Timestamp, Words
from trainer.features.cells import MISSING, NUMBERS, describe, find_type, from_examples, from_request, gather, lay_out

FEATURES = {
    "fare": Numeric(kind="numeric"),
    "company": Categorical(kind="categorical", vocabulary=5),
    "miles": Numeric(kind="numeric", buckets=3),
    "member": Boolean(kind="boolean"),
    "at": Timestamp(kind="timestamp"),
    "shop": Categorical(kind="categorical", ids=4),
    "review": Words(kind="text"),
    "photo": Image(kind="image", height=2, width=2),
    "pixels": Image(kind="image", height=1, width=1, channels=1, columns=("a",)),
    "past": Steps(kind="sequence", length=3),
    "clicks": Steps(kind="sequence", length=3, ids=9),
}
COLUMNS = {
    "fare": [[1.5], [], [2.0]],
    "company": [[], [b"x"], ["größe".encode()]],
    "miles": [[], [], [7.0]],
    "member": [[1], [0], []],
    "at": [[0], [], [2**40]],
    "shop": [[3], [], [0]],
    "review": [[b"good"], [], []],
    "photo": [[b"\x89PNG"], [], []],
    "pixels": [[4.0], [], [0.0]],
    "past": [[1.0, 2.0], [], [3.0]],
    "clicks": [[5, 6], [7], []],
}


def test_an_offset_is_taken_off_before_a_number_is_float32():
    features = {"fare": Numeric(kind="numeric", offset=1e9), "miles": Numeric(kind="numeric")}
    sent = {"fare": tf.constant([1e9 + 0.25, np.nan], tf.float64), "miles": tf.constant([2.0, 3.0], tf.float64)}
    cells = from_request(features, sent)[NUMBERS]
    np.testing.assert_array_equal(cells, np.float32([[0.25, 2], [np.nan, 3]]))


def parsed(columns):
    return {
        name: tf.ragged.constant(rows, find_type(FEATURES[name]), ragged_rank=1).to_sparse()
        for name, rows in columns.items()
    }


def listed(cells):
    return {
        name: (tf.RaggedTensor.from_sparse(cell).to_list() if isinstance(cell, tf.SparseTensor) else cell.numpy())
        for name, cell in cells.items()
    }


def test_numbers_are_one_tensor_and_what_is_missing_has_a_value():
    cells = listed(from_examples(FEATURES, parsed(COLUMNS)))
    np.testing.assert_array_equal(cells[NUMBERS], [[1.5, np.nan], [np.nan, np.nan], [2.0, 7.0]])
    assert cells["company"].tolist() == [[b""], [b"x"], ["größe".encode()]]
    assert cells["member"].tolist() == [[1], [0], [MISSING]]
    assert cells["at"].tolist() == [[0], [MISSING], [2**40]]
    assert cells["photo"].tolist() == [[b"\x89PNG"], [b""], [b""]]
    assert cells["pixels"] == [[4.0], [], [0.0]]
    assert cells["clicks"] == [[5, 6], [7], []]
    assert set(cells) == {NUMBERS, *FEATURES} - {"fare", "miles"}


def test_a_request_holds_the_same_cells():
    def carried(name, rows):
        if find_type(FEATURES[name]) == tf.string:
            return tf.constant([row[0] if row else b"" for row in rows])
        longest = 2 if name in ("past", "clicks") else 1
        table = [row + [np.nan] * (longest - len(row)) for row in rows]
        lists = name in ("pixels", "past", "clicks")
        return tf.constant(table if lists else [row[0] for row in table], tf.float64)

    asked = from_request(FEATURES, {name: carried(name, rows) for name, rows in COLUMNS.items()})
    known = from_examples(FEATURES, parsed(COLUMNS))
    assert asked.keys() == known.keys()
    for name, cell in known.items():
        found = asked[name]
        assert found.dtype == cell.dtype
        if isinstance(cell, tf.SparseTensor):
            found, cell = tf.sparse.to_dense(found), tf.sparse.to_dense(cell)
        np.testing.assert_array_equal(found, cell)


def test_a_graph_takes_what_the_cells_are():
    specs = describe(FEATURES)
    for name, cell in from_examples(FEATURES, parsed(COLUMNS)).items():
        assert specs[name].is_compatible_with(cell)
    assert specs.keys() == from_examples(FEATURES, parsed(COLUMNS)).keys()


def test_a_column_that_no_row_holds_stays_in_its_place():
    empty, full = tf.sparse.from_dense(tf.zeros([2, 0])), tf.sparse.from_dense([[1.0], [2.0]])
    np.testing.assert_array_equal(lay_out([empty, full, empty]), [[np.nan, 1, np.nan], [np.nan, 2, np.nan]])


def test_two_values_in_a_row_of_a_column_that_holds_one_are_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError):
        lay_out([tf.sparse.from_dense([[1.0, 2.0]]), tf.sparse.from_dense([[3.0]])])


@pytest.mark.parametrize(
    ("cells", "dtype", "held"),
    [
        ([[1.0, 2.0], [np.nan, 3.0], [np.nan, np.nan]], tf.float32, [[1.0, 2.0], [3.0], []]),
        ([[0.0, 7.0], [4.0, np.nan]], tf.int64, [[0, 7], [4]]),
    ],
)
def test_what_is_missing_of_a_list_is_left_out(cells, dtype, held):
    found = gather(tf.constant(cells, tf.float64), dtype)
    assert found.dtype == dtype
    assert tf.RaggedTensor.from_sparse(found).to_list() == held


def test_a_number_that_is_a_category_has_one_spelling_and_blanks_and_case_count_as_the_config_says():
    features = {
        "plain": Categorical(kind="categorical", vocabulary=5),
        "loose": Categorical(kind="categorical", vocabulary=5, trim=True, lower=True),
        "review": Words(kind="text"),
    }
    cells = ["3.0", "+3", "3.50", ".5", "-0", "007", " Red ", "STRASSE É"]
    request = {name: tf.constant(cells) for name in features}
    found = {name: [text.decode() for [text] in cell.numpy()] for name, cell in from_request(features, request).items()}
    assert found["plain"] == ["3", "3", "3.5", "0.5", "0", "007", " Red ", "STRASSE É"]
    assert found["loose"] == ["3", "3", "3.5", "0.5", "0", "007", "red", "strasse é"]
    assert found["review"] == cells
