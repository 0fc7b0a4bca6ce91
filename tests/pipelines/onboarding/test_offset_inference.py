import numpy as np
import pyarrow as pa
import pytest

from components.validation.profile import describe
from pipelines.onboarding.offset_inference import find_offset


@pytest.mark.parametrize(
    ("numbers", "offset"),
    [
        (1e9 + 10 * np.linspace(-2, 2, 500), 1_000_000_000),
        (1.7e12 + np.linspace(0, 60_000, 500), 1_700_000_000_000),  # milliseconds of a minute
        (-3e5 - 1e-3 * np.linspace(-2, 2, 500), -300_000),
        (1e9 + 1e6 * np.linspace(-2, 2, 500), None),
        (np.linspace(1990, 2020, 500), None),
        (np.full(500, 1e9), None),  # which no run learns from
    ],
)
def test_numbers_that_are_large_beside_what_tells_them_apart_have_an_offset(numbers, offset):
    cells = pa.chunked_array([pa.array([f"{number:.4f}" for number in numbers])])
    assert find_offset(describe("level", cells)) == offset


def test_numbers_that_have_lost_their_digits_have_none():
    numbers = 1e9 + 10 * np.linspace(-2, 2, 500)
    assert find_offset(describe("level", pa.chunked_array([pa.array(numbers)]))) == 1_000_000_000
    assert find_offset(describe("level", pa.chunked_array([pa.array(numbers, pa.float32())]))) is None
