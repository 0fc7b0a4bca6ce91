"""Numbers of things in a sentence."""

import pytest

from configs.quantities import count


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2_000, "row", "2,000 rows"),
        (1, "class", "1 class"),
        (3, "class", "3 classes"),
        (30, "epoch", "30 epochs"),
        (2, "vocabulary", "2 vocabularies"),
    ],
)
def test_one_of_a_thing_is_singular(number: int, noun: str, text: str) -> None:
    assert count(number, noun) == text
