import numpy as np
import pyarrow as pa
import pytest

from components.validation import cast


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array([19.0, 0.5, None]), ["19", "0.5", None]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([b"caf\xc3\xa9"]), ["café"]),
    ],
)
def test_cells_as_text(array, text):
    assert cast.to_text(array).to_pylist() == text


def test_numbers_are_rounded_once():
    found = cast.to_numbers(pa.array(["1.0000000596046448", " 2 ", None]))
    assert found.type == pa.float32()
    assert found.to_pylist() == [1.0, 2.0, None]
    with pytest.raises(pa.ArrowInvalid):
        cast.to_numbers(pa.array(["nan"]))


def test_whole_numbers():
    assert cast.to_whole(pa.array(["7", "7.0", None])).to_pylist() == [7, 7, None]
    with pytest.raises(pa.ArrowInvalid):
        cast.to_whole(pa.array(["7.5"]))


def test_so_many_items_a_row():
    assert cast.gather(np.array([2, 0, 1]), pa.array([1, 2, 3])).to_pylist() == [[1, 2], None, [3]]


def test_columns_joined_to_a_list_a_row():
    columns = [pa.array([1.0, None], pa.float32()), pa.array([2.0, None], pa.float32())]
    assert cast.join(columns, width=2).to_pylist() == [[1.0, 2.0], None]


def test_places_among_values():
    assert cast.to_indices(pa.array(["red", None, " blue "]), ["blue", "red"]).to_pylist() == [1, None, 0]
    assert cast.to_sets(pa.array(["red|blue", '["red"]', ""]), ["blue", "red"]).to_pylist() == [[0, 1], [1], None]


@pytest.mark.parametrize(("cell", "beyond"), [("9223372036854775807", False), ("9223372036854775808", True)])
def test_an_integer_beyond_64_bits(cell, beyond):
    assert cast.is_beyond(cell) == beyond


def test_moments_in_seconds_and_what_puts_rows_in_order():
    assert cast.to_seconds(pa.array(["1970-01-02", "1970-01-01T01:00+01:00"])).to_pylist() == [86400, 0]
    assert cast.to_seconds(pa.array(["02.01.1970"]), "%d.%m.%Y").to_pylist() == [86400]
    assert cast.to_seconds(pa.array(["25570", "25569.75", None]), cast.EXCEL).to_pylist() == [86400, 64800, None]
    assert cast.to_seconds(pa.array([86400 * 10**9 + 7]), "nanoseconds").to_pylist() == [86400]
    assert cast.to_order(pa.array(["1970-01-02", None])).to_pylist() == [86400, None]
    assert cast.to_order(pa.array([7, 2**40])).to_pylist() == [7, 2**40]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("red| green |", ["red", "green"]),
        ('["a, b", "c"]', ["a, b", "c"]),
        ("['a, b', 'c']", ["a, b", "c"]),
        ('{a, "b"}', ["a", "b"]),
        ("(1, 2)", ["1", "2"]),
        ("[]", []),
        ("{}", []),
        (None, []),
    ],
)
def test_names_in_a_cell(cell, names):
    assert cast.split_names(cell, "|") == names
