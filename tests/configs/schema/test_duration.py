from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from configs.schema.duration import Duration, format_duration, read_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [("45s", timedelta(seconds=45)), ("15m", timedelta(minutes=15)), ("6h", timedelta(hours=6)),
     ("30d", timedelta(days=30)), ("2w", timedelta(days=14))],
)  # fmt: skip
def test_a_duration(text: str, length: timedelta) -> None:
    assert read_duration(TypeAdapter(Duration).validate_python(text)) == length


@pytest.mark.parametrize("text", ["6", "0h", "-1d", "1.5h", "6 h", "30D", "1y", "", "h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [(timedelta(0), "0s"), (timedelta(seconds=59), "59s"), (timedelta(minutes=90), "1h"), (timedelta(days=40), "40d")],
)
def test_it_is_told_in_its_largest_unit(length: timedelta, text: str) -> None:
    assert format_duration(length) == text
