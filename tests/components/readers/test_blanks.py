import pyarrow as pa
import pyarrow.compute as pc
import pytest

from components.readers.blanks import blank

CELLS = ["NA", None, *["1.5"] * 40, "NA", "x"] * 20


@pytest.mark.parametrize("start", [0, 1, 33, 44, 500, len(CELLS) - 1])
def test_what_is_found_is_null_in_a_slice_and_all_else_stays(start):
    part = pa.array(CELLS, pa.string()).slice(start)
    assert blank(part, pc.equal(part, "NA")).to_pylist() == [None if cell == "NA" else cell for cell in CELLS[start:]]


def test_numbers_are_nulled_alike():
    part = pa.array([1.5, 2.0, None, 4.5]).slice(1)
    assert blank(part, pc.equal(part, 2.0)).to_pylist() == [None, None, 4.5]
