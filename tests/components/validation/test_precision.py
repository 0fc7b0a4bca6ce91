import pytest

from components.validation.precision import choose_offset, find_step


@pytest.mark.parametrize(("largest", "step"), [(1.0, 2**-23), (1e9, 64.0), (-1e9, 64.0), (1.7e12, 2.0**17)])
def test_the_step_of_float32_grows_with_the_number(largest, step):
    assert find_step(largest) == step


@pytest.mark.parametrize(
    ("mean", "spread", "offset"),
    [
        (1_000_000_003.2, 10.2, 1e9),
        (1_700_000_012_345.6, 17_000.0, 1_700_000_000_000),
        (1_700_000_012_345.6, 999.0, 1_700_000_012_000),
        (-250_000.02, 0.003, -250_000.02),
    ],
)
def test_an_offset_has_few_digits_and_lies_within_a_few_deviations_of_the_mean(mean, spread, offset):
    assert choose_offset(mean, spread) == offset
    assert abs(mean - offset) < 10 * spread
