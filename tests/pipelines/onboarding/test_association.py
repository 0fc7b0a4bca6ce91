import numpy as np
import pyarrow as pa
import pytest

from components.validation.profile import Column, describe
from pipelines.onboarding.association import depends, measure

RANDOM = np.random.default_rng(0)
EVEN = RANDOM.permutation(2000)


def column(values) -> Column:
    return describe("x", pa.chunked_array([pa.array(values)]))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (EVEN > 1500, True),
        (abs(EVEN - 1000) < 300, True),
        (EVEN + RANDOM.normal(0, 2000, 2000), True),
        (RANDOM.random(2000) < 0.3, False),
        (RANDOM.random(2000) < 0.003, False),
        (RANDOM.normal(size=2000), False),
        ([True] * 2000, False),
    ],
)
def test_a_label_depends_on_a_column_by_its_values_not_by_chance(label, expected):
    assert depends(column(EVEN), column(label)) == expected


def test_chance_alone_is_a_standard_error_or_two():
    noise = [measure(column(RANDOM.permutation(500)), column(RANDOM.random(500) < 0.2)) for _ in range(200)]
    assert abs(np.mean(noise)) < 0.2
    assert np.std(noise) == pytest.approx(1, abs=0.2)
